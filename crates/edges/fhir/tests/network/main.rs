//! Stories of the systems of institutions and the treatment network over FHIR, each on both databases from one body, through the real router.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where the house does not do what it must")]

mod asking;
mod bundles;
mod ground;
mod have;
mod notices;
mod referrals;
mod register;
mod reports;
mod saner;
mod stays;
