//! Signed notes (c2sp.org/signed-note) with Ed25519 (RFC 8032).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

use crate::LogError;

/// The longest note that is read, bytes.
const MAX_NOTE_BYTES: usize = 1_000_000;
/// The most signatures that are looked at. The specification asks for at least 16.
const MAX_SIGNATURES: usize = 100;
/// What stands before each signature: an em dash and a blank.
const SIGNATURE_MARK: &str = "\u{2014} ";
/// The byte that says Ed25519 in a key and in its id.
const ED25519_MARK: u8 = 0x01;

/// A public key by which notes are checked (验证公钥). As text: name, `+`, key id in hex, `+`, base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    public: [u8; 32],
}

impl VerifierKey {
    /// A key of 32 bytes (RFC 8032 section 5.1.5) under a name.
    ///
    /// # Errors
    /// [`LogError::Key`] when the name is empty or holds a blank, a plus sign or a control character.
    pub fn new(name: &str, public: [u8; 32]) -> Result<Self, LogError> {
        let fits = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+');
        let problem = "its name is empty or holds a blank, a plus sign or a control character";
        if fits { Ok(Self { name: name.to_owned(), public }) } else { Err(LogError::Key { problem }) }
    }

    /// The name; for the key of a log it is the origin of its checkpoints.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of the hash over name, newline, kind and key. It tells keys apart and proves nothing.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let hash =
            Sha256::new().chain_update(&self.name).chain_update([b'\n', ED25519_MARK]).chain_update(self.public).finalize();
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash);
        [a, b, c, d]
    }

    fn is_named(&self, name: &str, id: [u8; 4]) -> bool {
        self.name == name && self.id() == id
    }

    fn signed(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public).verify(text.as_bytes(), signature).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.id();
        let mut key = vec![ED25519_MARK];
        key.extend_from_slice(&self.public);
        write!(f, "{}+{a:02x}{b:02x}{c:02x}{d:02x}+{}", self.name, STANDARD.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = LogError;

    fn from_str(text: &str) -> Result<Self, LogError> {
        let bad = |problem| LogError::Key { problem };
        // The base64 may itself hold plus signs; the name may not.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad("it is not of the form name+id+key"));
        };
        let key = STANDARD.decode(key).map_err(|_| bad("it is not base64"))?;
        let public = match key.split_first() {
            Some((&ED25519_MARK, public)) => public.try_into().map_err(|_| bad("it is not 32 bytes long"))?,
            _ => return Err(bad("it is not an Ed25519 key")),
        };
        let key = Self::new(name, public)?;
        if key.to_string() == text { Ok(key) } else { Err(bad("its id does not belong to its name and bytes")) }
    }
}

/// A private key that signs notes (签名私钥). It is not shown by `Debug`, and the crate makes none by itself: it comes from a secret seed
/// of 32 random bytes.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    verifier: VerifierKey,
}

impl SigningKey {
    /// The key of a seed (RFC 8032 section 5.1.5) under a name.
    ///
    /// # Errors
    /// [`LogError::Key`] when the name is empty or holds a blank, a plus sign or a control character.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, LogError> {
        let bad = |_| LogError::Key { problem: "its seed is not 32 bytes long" };
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(bad)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| LogError::Key { problem: "it is not 32 bytes long" })?;
        Ok(Self { pair, verifier: VerifierKey::new(name, public)? })
    }

    /// The public key to be shown to everyone.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    fn signature_line(&self, text: &str) -> String {
        let mut bytes = self.verifier.id().to_vec();
        bytes.extend_from_slice(self.pair.sign(text.as_bytes()).as_ref());
        format!("{SIGNATURE_MARK}{} {}\n", self.verifier.name, STANDARD.encode(bytes))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.verifier)
    }
}

/// The note of a text, signed by each key.
///
/// # Errors
/// [`LogError::Note`] when the text does not end with a newline or holds another control character, or when there is no key.
pub fn sign_note(text: &str, keys: &[&SigningKey]) -> Result<String, LogError> {
    if !text.ends_with('\n') {
        return Err(LogError::Note { problem: "its text does not end with a newline" });
    }
    if text.contains(is_forbidden) {
        return Err(LogError::Note { problem: "it holds a control character" });
    }
    if keys.is_empty() {
        return Err(LogError::Note { problem: "nobody signs it" });
    }
    let signatures: String = keys.iter().map(|key| key.signature_line(text)).collect();
    Ok(format!("{text}\n{signatures}"))
}

/// A note of which at least one signature was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened<'a> {
    /// The text that was signed, with its last newline.
    pub text: &'a str,
    /// The names of the known keys that signed it, in the order of the note.
    pub signers: Vec<String>,
}

/// Reads a note and checks every signature that is in the name of a known key. Signatures of other keys are passed over.
///
/// # Errors
/// [`LogError::Note`] when it is none, [`LogError::Signature`] when one in the name of a known key is false,
/// [`LogError::Stranger`] when no known key has signed.
pub fn open_note<'a>(note: &'a [u8], known: &[VerifierKey]) -> Result<Opened<'a>, LogError> {
    let bad = |problem| LogError::Note { problem };
    if note.len() > MAX_NOTE_BYTES {
        return Err(bad("it is longer than a million bytes"));
    }
    let note = std::str::from_utf8(note).map_err(|_| bad("it is not UTF-8"))?;
    if note.contains(is_forbidden) {
        return Err(bad("it holds a control character"));
    }
    // The text may hold empty lines; the last one separates.
    let (text, signatures) = note.rsplit_once("\n\n").ok_or_else(|| bad("it has no empty line before signatures"))?;
    let text = note.get(..=text.len()).ok_or_else(|| bad("it has no text"))?;
    let lines = signatures.strip_suffix('\n').ok_or_else(|| bad("it does not end with a newline"))?.split('\n');
    let mut signers: Vec<String> = Vec::new();
    let mut strangers = Vec::new();
    for (count, line) in lines.enumerate() {
        if count >= MAX_SIGNATURES {
            return Err(bad("it has more than 100 signatures"));
        }
        let (name, id, signature) = read_signature(line).ok_or_else(|| bad("a line after the empty one is no signature"))?;
        let named: Vec<&VerifierKey> = known.iter().filter(|key| key.is_named(name, id)).collect();
        if named.is_empty() {
            strangers.push(name.to_owned());
        } else if !named.iter().any(|key| key.signed(text, &signature)) {
            return Err(LogError::Signature { name: name.to_owned() });
        } else if signers.iter().all(|signer| signer != name) {
            signers.push(name.to_owned());
        }
    }
    if signers.is_empty() { Err(LogError::Stranger { names: strangers }) } else { Ok(Opened { text, signers }) }
}

fn read_signature(line: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, base64) = line.strip_prefix(SIGNATURE_MARK)?.split_once(' ')?;
    let bytes = STANDARD.decode(base64).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    let fits = !signature.is_empty() && !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+');
    fits.then(|| (name, *id, signature.to_vec()))
}

/// Control characters below the blank, other than newline.
const fn is_forbidden(c: char) -> bool {
    c < ' ' && c != '\n'
}
