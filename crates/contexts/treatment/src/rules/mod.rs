//! Pure decisions of the treatment network, each from a rule pack with its source and version.

pub mod beds;
pub mod referrals;
pub mod severity;

pub use linli_rulebook::Contradiction;

/// The packs that ship with beds and referrals: file name and text.
pub const BED_PACKS: [(&str, &str); 3] = [
    ("treatment/beds.toml", include_str!("../../rules/beds.toml")),
    ("treatment/referrals.toml", include_str!("../../rules/referrals.toml")),
    ("treatment/severity.toml", include_str!("../../rules/severity.toml")),
];
