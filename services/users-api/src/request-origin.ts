import { httpUrl } from '@parley/common/runtime/listen';
import type { Request } from 'express';

/** The origin that the client asked; without a `Host` that can be one, as in HTTP/1.0, the address that it reached. */
export function requestOrigin(req: Request): string {
  const host: string | undefined = req.host;
  const asked = host && URL.parse(`${req.protocol}://${host}`);
  return asked ? asked.origin : httpUrl(req.socket.localAddress ?? 'localhost', req.socket.localPort ?? 80);
}
