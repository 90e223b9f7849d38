/* Key pairs that follow from a seed, so that worlds with equal seeds publish the same. */
import crypto from "node:crypto";

/* Bytes that follow from the seed, the device and a purpose alone. */
export function derive(seed, device, purpose) {
  return new Uint8Array(crypto.createHash("sha256").update(`${seed} ${device} ${purpose}`).digest());
}

/* An Ed25519 key pair in the form that the library's keygen gives. */
export function signatureKeys(seed) {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const key = crypto.createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const publicKey = crypto.createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
  return { signKey: new Uint8Array(pkcs8), publicKey: new Uint8Array(publicKey) };
}

/* The suite, but for key pairs, which follow from the seed: init key first, then that of the leaf. */
export function seededSuite(suite, seed, device) {
  let n = 0;
  const generateKeyPair = () => suite.hpke.deriveKeyPair(derive(seed, device, `hpke ${n++}`));
  return { ...suite, hpke: { ...suite.hpke, generateKeyPair } };
}
