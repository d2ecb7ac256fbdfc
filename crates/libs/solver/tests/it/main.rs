//! The solver against trying everything, against another method, and against its own certificates.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

mod assignments;
mod certificates;
mod networks;
mod oracles;
mod reference;
