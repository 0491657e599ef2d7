import { z } from 'zod';

/** Names of services, instances and ports are DNS labels (RFC 1035 §2.3.1, digits allowed first as in RFC 1123 §2.1). */
const dnsLabelPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const dnsLabel = z.string().regex(dnsLabelPattern, 'must be a DNS label: 1 to 63 of a-z 0-9 -');

export const serviceName = dnsLabel;
export const instanceName = dnsLabel;
/** RFC 6335 §5.1 allows 15; the first letter rule is not needed here. */
export const portName = dnsLabel.max(15);
