"""The words that identify credentials by their names, in several languages."""

from __future__ import annotations

SECRETS = """password|passwd|passphrase|passcode|pwd|pass crypt|pass hash|pass salt|user pass|db pass
    |smtp pass|admin pass|passhash|pass word|pwhash|pw hash|user pw|hashed pass|secure key|password hash
    |password salt|password digest|passwort|kennwort|passworthash|zugangscode|mot de passe|passeword|mot passe
    |motdepasse|mdp|contrasena|contrasenya|clave acceso|clave secreta|senha|secret|credential|credentials
    |secret answer|security answer|respuesta secreta|token|access key|access key id|api key|private key
    |secret key|hmac key|encryption key|signing key|session key|session id hash|session data|session secret
    |session cookie|service key|master key|consumer key|auth key|key auth|authentication key|activation key
    |ssh key|deploy key|webhook key|shared key|storage key|account key|decryption key|recovery key|reset key
    |server key|cryptographic key|login key|root key|admin key|wrapping key|api salt|auth salt|user salt
    |hash salt|totp|otp|otp seed|totp seed|mfa seed|otp key|totp key|hotp|backup code|recovery code|scratch code
    |otp code|one time code|one time password|pin code|pin hash|user pin|card pin|verification code
    |confirmation code|activation code|reset code|login code|unlock code|access code|invite token
    |connection string|database url|jdbc url|dsn|keystore|pkcs|bcrypt|argon|scrypt|pbkdf|seed phrase|mnemonic
    |private pem|encrypted value|encrypted data|value encrypted|auth cookie|bearer|jwt|pass key|passkey
    |client assertion"""
"""Secret in any table."""

OF_AN_ACCOUNT = "contra|salt|pass|pin|pw|clave|seed"
"""Secret in a table of users or of payment cards."""

OF_A_SECRET = (
    "key|value|token|code|hash|key hash|hashed key|secret|data|digest|display key|salt|key value|cipher|cipher text"
)
"""Secret in a table of secrets, such as `api_keys`."""

SECRET_TABLES = """api key|access key|api token|auth token|access token|refresh token|token|secret
    |credential|session|password|password reset|confirmation|email confirmation|invitation|invite|invite code
    |activation|private key|recovery code|otp|backup code|signing key|encryption key|oauth grant|service key
    |access grant|magic link"""
"""The last words in the name of a table of secrets."""

ENDINGS = """admin benutzer client cliente user usuario utilisateur hash hashed digest crypt crypted
    encrypted salt value plain base hex enc cipher ciphertext bcrypt sha md current old previous prev new pem
    data string text key iv raw temp tmp backup b pbkdf argon scrypt secret"""
"""Words that may follow a phrase without changing its meaning."""

BLOCKERS = """is has no num count max min total failed next page continuation cursor sync prompt completion
    input output cached public csrf idempotency cancellation cancelation lexer stop start special vocab erc nft
    design last requires uses allow enable enabled reserved gas pagination placeholder"""
"""Words before a phrase that give it another meaning."""

NOT_OF_SECRETS = """lexer vocab vocabulary corpus word sentence document nlp llm blockchain coin erc nft
    crypto price transfer usage parser syntax recipe nutrition ingredient food"""
"""Tables where a token is a word or a coin, and salt is an ingredient."""

WEAK = """auth authentication cred access private login session signing webhook otp mfa saml oauth jwt
    bearer credential seed"""
"""Words of column names that make a random text a secret."""

NOT_RANDOM_SECRETS = """checksum sha md etag commit digest fingerprint public hash file asset cache primary
    foreign external idempotency variation partition sort transaction search storage object"""
"""Words of columns and tables whose random texts are identifiers, not secrets."""

ACCOUNTS = """account admin appuser benutzer card client contact credential customer employee login member
    mitarbeiter nutzer persona person profile profil perfil staff subscriber user usuario utilisateur"""
"""Tables of users and of payment cards."""
