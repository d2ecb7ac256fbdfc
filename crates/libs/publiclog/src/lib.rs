//! A public log (公开日志) that anyone can check: an append-only Merkle tree, checkpoints signed with Ed25519, and the files in
//! which both are served.
//!
//! * Hashing and proofs are those of RFC 6962 section 2.1; the steps of checking them are those of RFC 9162 sections 2.1.3.2
//!   and 2.1.4.2 ([`verify_inclusion`], [`verify_consistency`]).
//! * A checkpoint is a signed note ([c2sp.org/signed-note](https://c2sp.org/signed-note),
//!   [c2sp.org/tlog-checkpoint](https://c2sp.org/tlog-checkpoint)): [`Checkpoint`], [`open_note`], [`sign_note`].
//! * Hashes and entries are served as files of at most 256 each ([c2sp.org/tlog-tiles](https://c2sp.org/tlog-tiles)): [`Resource`]
//!   says what lies under a path, [`Edge`] is the growing end of a tree, [`Tree`] makes proofs from tiles.
//! * A proof that fits on paper is a text ([c2sp.org/tlog-proof](https://c2sp.org/tlog-proof)): [`ProofFile`].
//! * What names a person is not in the log, only a salted [`Commitment`] to it. When the words and their salt are erased, every
//!   proof still holds and the commitment says nothing about them any more.
//! * [`audit`] checks a whole log from outside, with nothing but its files and its key.
//!
//! What always holds here: the crate has no clock, no randomness and no storage of its own (seeds and salts are handed in,
//! tiles are handed in or read through [`Files`]); nothing is taken from a text before its signature was checked; an error names
//! the file, line or entry; no input makes it panic.

mod audit;
mod checkpoint;
mod commitment;
mod edge;
mod entry;
mod error;
mod hash;
mod note;
mod proof;
mod proof_file;
mod tile;
mod tree;

pub use audit::{Audited, Files, Folder, audit};
pub use checkpoint::{Checkpoint, Log, sign_next};
pub use commitment::{Commitment, Salt};
pub use edge::Edge;
pub use entry::Entry;
pub use error::LogError;
pub use hash::{EMPTY_ROOT, Hash, NotAHash, leaf_hash, node_hash};
pub use note::{Opened, SigningKey, VerifierKey, open_note, sign_note};
pub use proof::{verify_consistency, verify_inclusion};
pub use proof_file::ProofFile;
pub use tile::{MAX_ENTRY_BYTES, Resource, TILE_WIDTH, Tile, decode_bundle, decode_hashes, encode_bundle, encode_hashes};
pub use tree::{Tiles, Tree, tiles_for_consistency, tiles_for_inclusion};

/// The Fluent sources of this crate: Chinese, then English.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));
