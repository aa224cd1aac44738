// Asks the contract's verifier about one request, as verify.mjs asks the libraries: the body is taken as text.
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

function verifySignature(secret, timestamp, body, signatureHeader) {
    const digest = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
    return timingSafeEqual(Buffer.from(`sha256=${digest}`), Buffer.from(signatureHeader));
}

const { secret, headers, body } = JSON.parse(readFileSync(0, "utf8"));
const text = Buffer.from(body, "base64").toString("utf8");
const isGenuine = verifySignature(secret, headers["x-metarouter-timestamp"], text, headers["x-metarouter-signature"]);
console.log(isGenuine ? "accepted" : "refused");
