/** The page's DTLS certificate, made once, and its SHA-256, which the ticket binds. */
import { readSdp } from "../engine/sdp.ts";

const ALGORITHM: EcKeyGenParams = { name: "ECDSA", namedCurve: "P-256" };
const DIGEST = "sha-256";

export interface Certificate {
  readonly certificate: RTCCertificate;
  /** SHA-256 of the certificate, 32 bytes. */
  readonly fingerprint: Uint8Array;
}

async function makeCertificate(): Promise<Certificate> {
  const certificate = await RTCPeerConnection.generateCertificate(ALGORITHM);
  return { certificate, fingerprint: told(certificate) ?? (await described(certificate)) };
}

/** The certificate of one page: made when it is first asked for. A failure is not kept; the next call tries again. */
export class OwnCertificate {
  /** Undefined until it is made. */
  made: Certificate | undefined;
  private making: Promise<Certificate> | undefined;

  /** Rejects with a DOMException or ProtocolError where the browser makes none. */
  async get(): Promise<Certificate> {
    this.making ??= makeCertificate();
    try {
      this.made = await this.making;
      return this.made;
    } catch (error) {
      this.making = undefined;
      throw error;
    }
  }
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
