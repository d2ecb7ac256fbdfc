//! Proofs against the recursive definitions of RFC 6962, signatures, whole logs, and published vectors whose folder
//! `LINLI_TEST_DATA` names.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]
#![expect(clippy::print_stdout, reason = "a test that was skipped says so")]

mod audits;
mod notes;
mod proofs;
mod reference;
mod sealed;
mod vectors;
