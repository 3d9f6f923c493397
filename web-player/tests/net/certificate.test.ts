// @vitest-environment node
import { expect, it, vi } from "vitest";
import { OwnCertificate } from "../../src/net/certificate.ts";

it("a certificate is made once, and a failure is not kept", async () => {
  const told = { getFingerprints: () => [{ algorithm: "sha-256", value: "0a:ff" }] };
  const generateCertificate = vi.fn().mockRejectedValueOnce(new DOMException("no entropy", "OperationError")).mockResolvedValue(told);
  vi.stubGlobal("RTCPeerConnection", { generateCertificate });
  const own = new OwnCertificate();
  await expect(own.get()).rejects.toThrow("no entropy");
  expect(own.made).toBeUndefined();
  const [one, two] = await Promise.all([own.get(), own.get()]);
  expect(one).toBe(two);
  expect(own.made).toBe(one);
  expect(one.fingerprint).toEqual(Uint8Array.of(10, 255));
  expect(generateCertificate).toHaveBeenCalledTimes(2);
  vi.unstubAllGlobals();
});
