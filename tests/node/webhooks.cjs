// Verifies with, or signs by, the reference libraries: one JSON question a line, one answer a line.
const crypto = require("node:crypto");
const readline = require("node:readline");

const { Webhook: Standard } = require("standardwebhooks");
const { Webhook: Svix } = require("svix");

const LIBRARIES = { standardwebhooks: Standard, svix: Svix };

function asymmetric({ key, headers, body }) {
  const raw = Buffer.from(key.replace("whpk_", ""), "base64");
  const jwk = { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") };
  const signed = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
  const given = headers["webhook-signature"].split(" ").filter((one) => one.startsWith("v1a,"));
  const publicKey = crypto.createPublicKey({ key: jwk, format: "jwk" });
  return given.some((one) =>
    crypto.verify(null, signed, publicKey, Buffer.from(one.slice(4), "base64")));
}

function answer(asked) {
  if (asked.do === "asymmetric") return asymmetric(asked);
  const library = new LIBRARIES[asked.library](asked.secret);
  if (asked.do === "sign") {
    return library.sign(asked.id, new Date(asked.timestamp * 1000), asked.body);
  }
  try {
    return library.verify(asked.body, asked.headers);
  } catch (refusal) {
    return { refused: refusal.name };
  }
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  console.log(JSON.stringify(answer(JSON.parse(line))));
});
