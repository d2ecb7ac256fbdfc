//! What only looks at the treatment network.

pub mod beds;
pub mod referrals;
