// Asks one library about one request: {library, secret, headers, body} as JSON on stdin, the body in base64.
import { readFileSync } from "node:fs";

const { library, secret, headers, body } = JSON.parse(readFileSync(0, "utf8"));
const { Webhook } = await import(library);
try {
    new Webhook(secret).verify(Buffer.from(body, "base64").toString("utf8"), headers);
    console.log("accepted");
} catch (error) {
    console.log(`refused: ${error.message}`);
}
