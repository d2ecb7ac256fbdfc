//! Pure decisions of the treatment network, each from a rule pack with its source and version.

pub mod beds;

pub use linli_rulebook::Contradiction;
