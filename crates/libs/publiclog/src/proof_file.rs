//! Proofs on their own (c2sp.org/tlog-proof): that an entry is in a log, checked without asking the log.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Checkpoint, Hash, Log, LogError, leaf_hash, verify_inclusion};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
/// A proof in a log of 2⁶⁴ entries has as many hashes.
const MAX_HASHES: usize = 64;

/// The number of an entry, the hashes from it to the root, and the signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofFile {
    /// Whatever else was written into it. Nobody vouches for it.
    pub extra: Option<Vec<u8>>,
    /// Number of the entry, from 0.
    pub index: u64,
    /// The inclusion proof.
    pub proof: Vec<Hash>,
    /// The checkpoint as it was signed.
    pub checkpoint: String,
}

impl ProofFile {
    /// The text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let extra = self.extra.as_ref().map(|bytes| format!("extra {}\n", STANDARD.encode(bytes))).unwrap_or_default();
        let proof: String = self.proof.iter().map(|hash| format!("{hash}\n")).collect();
        format!("{FIRST_LINE}\n{extra}index {}\n{proof}\n{}", self.index, self.checkpoint)
    }

    /// Reads a text. Nothing of it is checked yet.
    ///
    /// # Errors
    /// [`LogError::ProofLine`] with the line that is not as it should be.
    pub fn read(text: &str) -> Result<Self, LogError> {
        let mut lines = Lines { rest: text, number: 0 };
        if lines.next()? != FIRST_LINE {
            return Err(lines.bad("it is not `c2sp.org/tlog-proof@v1`"));
        }
        let mut line = lines.next()?;
        let mut extra = None;
        if let Some(base64) = line.strip_prefix("extra ") {
            extra = Some(STANDARD.decode(base64).map_err(|_| lines.bad("it is not base64"))?);
            line = lines.next()?;
        }
        let digits = line.strip_prefix("index ").ok_or_else(|| lines.bad("it does not begin with `index`"))?;
        let index: u64 = digits.parse().map_err(|_| lines.bad("it is not a number"))?;
        if index.to_string() != digits {
            return Err(lines.bad("its number has a sign or a leading zero"));
        }
        let mut proof = Vec::new();
        loop {
            match lines.next()? {
                "" => break,
                _ if proof.len() >= MAX_HASHES => return Err(lines.bad("there are more hashes than any log needs")),
                hash => proof.push(hash.parse().map_err(|_| lines.bad("it is not the base64 of 32 bytes"))?),
            }
        }
        Ok(Self { extra, index, proof, checkpoint: lines.rest.to_owned() })
    }

    /// Checks that the entry is in the log, and gives the checkpoint that says so.
    ///
    /// # Errors
    /// What [`Checkpoint::open`] and [`verify_inclusion`] say.
    pub fn verify(&self, entry: &[u8], log: &Log) -> Result<Checkpoint, LogError> {
        let checkpoint = Checkpoint::open(self.checkpoint.as_bytes(), log)?;
        verify_inclusion(&leaf_hash(entry), self.index, checkpoint.size, &self.proof, &checkpoint.root)?;
        Ok(checkpoint)
    }
}

struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Result<&'a str, LogError> {
        self.number = self.number.saturating_add(1);
        let (line, rest) = self.rest.split_once('\n').ok_or_else(|| self.bad("the text ends before the checkpoint"))?;
        self.rest = rest;
        Ok(line)
    }

    const fn bad(&self, problem: &'static str) -> LogError {
        LogError::ProofLine { line: self.number, problem }
    }
}
