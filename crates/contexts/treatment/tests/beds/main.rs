//! Stories of beds and referrals, each on both databases from one body.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where the house does not do what it must")]

mod disorder;
mod house;
mod ledger;
mod outcomes;
mod plan;
mod plan_web;
mod referral;
mod web;
