"""The other side of encrypted tokens, with jwcrypto.

  keys FOLDER       makes a key pair there: private.pem and public.json
  decrypt FOLDER    decrypts the tokens of tokens.txt with it, and verifies what is inside
  encrypt FOLDER    prints a token for each pair of algorithms, to the key of emulator.json

Both verify and sign with the secret of secret.txt.
"""
import json, pathlib, sys, time
from jwcrypto import jwe, jwk, jws

APP = "cs-conformance"
PAIRS = [(alg, enc) for alg in ("RSA-OAEP", "RSA1_5") for enc in ("A128CBC-HS256", "A128GCM", "A256GCM")]
ALGORITHMS = jwe.default_allowed_algs + ["RSA1_5"]

command, folder = sys.argv[1], pathlib.Path(sys.argv[2])
secret = jwk.JWK.from_password((folder / "secret.txt").read_text())


def keys():
    key = jwk.JWK.generate(kty="RSA", size=2048, kid="k-1")
    (folder / "private.pem").write_bytes(key.export_to_pem(private_key=True, password=None))
    (folder / "public.json").write_text(key.export_public())


def decrypt():
    key = jwk.JWK.from_pem((folder / "private.pem").read_bytes())
    seen = []
    for token in (folder / "tokens.txt").read_text().split():
        encrypted = jwe.JWE(algs=ALGORITHMS)
        encrypted.deserialize(token, key)
        header = encrypted.jose_header
        assert (header["kid"], header["typ"]) == ("k-1", "JWT"), header
        signed = jws.JWS()
        signed.deserialize(encrypted.payload.decode(), secret)
        assert json.loads(signed.payload)["appId"] == APP, signed.payload
        seen.append((header["alg"], header["enc"]))
    assert seen == PAIRS, seen


def encrypt():
    key = jwk.JWK.from_json((folder / "emulator.json").read_text())
    claims = {"sub": "jwcrypto", "appId": APP, "exp": int(time.time()) + 600}
    signed = jws.JWS(json.dumps(claims))
    signed.add_signature(secret, protected=json.dumps({"alg": "HS256", "typ": "JWT"}))
    for alg, enc in PAIRS:
        header = {"alg": alg, "enc": enc, "kid": key.key_id, "typ": "JWT"}
        token = jwe.JWE(signed.serialize(compact=True), json.dumps(header), algs=ALGORITHMS)
        token.add_recipient(key)
        print(token.serialize(compact=True))


{"keys": keys, "decrypt": decrypt, "encrypt": encrypt}[command]()
