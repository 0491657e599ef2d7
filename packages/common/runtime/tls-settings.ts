import { int, optionalSetting, setting, text } from './settings.ts';

/** A time that would be meaningless, or a busy loop, at 0. */
const someMillis = { ...int({ min: 10, max: 86_400_000 }), name: 'ms, at least 10' };

/** The settings of a listener that speaks TLS when it has a certificate; `prefix` such as `GATEWAY`. */
export function tlsSettings(prefix: string) {
  return {
    tlsCert: optionalSetting(`${prefix}_TLS_CERT`, text(), {
      doc: 'PEM file with the certificate chain; read anew when it changes',
      defaultDoc: 'unset: no TLS',
    }),
    tlsKey: optionalSetting(`${prefix}_TLS_KEY`, text(), { doc: "PEM file with the certificate's key" }),
    tlsCheckMs: setting(`${prefix}_TLS_CHECK_MS`, someMillis, {
      default: 10_000,
      doc: 'how often the two files are looked at',
    }),
    tlsHandshakeMs: setting(`${prefix}_TLS_HANDSHAKE_MS`, someMillis, {
      default: 10_000,
      doc: 'a handshake that takes longer is given up',
    }),
  };
}

type TlsFiles = { tlsCert?: string | undefined; tlsKey?: string | undefined };

/** The rule between them: a certificate is of no use without its key. */
export function checkTlsSettings(prefix: string): (values: TlsFiles) => string[] {
  return ({ tlsCert, tlsKey }) =>
    Boolean(tlsCert) === Boolean(tlsKey) ? [] : [`${prefix}_TLS_CERT, ${prefix}_TLS_KEY: set both or neither`];
}
