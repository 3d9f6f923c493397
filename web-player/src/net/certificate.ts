/** The page's DTLS certificate, made once, and its SHA-256, which the ticket binds. */
import { readSdp } from "../engine/sdp.ts";

const ALGORITHM: EcKeyGenParams = { name: "ECDSA", namedCurve: "P-256" };
const DIGEST = "sha-256";

export interface Certificate {
  readonly certificate: RTCCertificate;
  /** SHA-256 of the certificate, 32 bytes. */
  readonly fingerprint: Uint8Array;
}

/** Make a certificate for all connections of this page. */
export async function makeCertificate(): Promise<Certificate> {
  const certificate = await RTCPeerConnection.generateCertificate(ALGORITHM);
  return { certificate, fingerprint: told(certificate) ?? (await described(certificate)) };
}

/** The fingerprint as the browser tells it (not in Firefox). */
function told(certificate: Partial<RTCCertificate>): Uint8Array | undefined {
  const found = certificate.getFingerprints?.().find((one) => one.algorithm?.toLowerCase() === DIGEST)?.value;
  return found === undefined ? undefined : Uint8Array.from(found.split(":"), (byte) => Number.parseInt(byte, 16));
}

/** The fingerprint as it stands in an offer that is thrown away. */
async function described(certificate: RTCCertificate): Promise<Uint8Array> {
  const connection = new RTCPeerConnection({ certificates: [certificate], iceServers: [] });
  try {
    connection.createDataChannel("fingerprint", { negotiated: true, id: 0 });
    const { sdp } = await connection.createOffer();
    return readSdp(sdp ?? "").fingerprint;
  } finally {
    connection.close();
  }
}
