//! Ids. Every record has a UUIDv7 of its own type; a district has a small number that never changes.

use serde::{Deserialize, Serialize};

/// Our own, immutable number of a district. Never the official code: official codes get abolished.
///
/// `DistrictId::CITY` (0) holds what belongs to the whole city: staff accounts, the 120 centre, city hospitals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DistrictId(pub i64);

crate::sql_newtype!(DistrictId, i64);

impl DistrictId {
    /// What belongs to the whole city.
    pub const CITY: Self = Self(0);
}

impl std::fmt::Display for DistrictId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Declares id newtypes over UUIDv7: `id_type! { /// A reported case (案卷). pub struct CaseId; }`.
///
/// Each gets `new(&dyn Clock, &dyn Rng)`, `Display`/`FromStr` (hyphenated), serde, and SQL binding with feature `sql`.
#[macro_export]
macro_rules! id_type {
    ($( $(#[$meta:meta])* pub struct $name:ident; )+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, $crate::_private::Serialize, $crate::_private::Deserialize)]
        #[serde(transparent, crate = "linli_kernel::_private::serde")]
        pub struct $name(pub $crate::_private::Uuid);

        $crate::sql_newtype!($name, $crate::_private::Uuid);

        impl $name {
            /// A new id, ordered by the clock's time.
            #[must_use]
            pub fn new(clock: &dyn $crate::Clock, rng: &dyn $crate::Rng) -> Self {
                Self($crate::_private::uuid_v7(clock, rng))
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::_private::UuidError;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    )+ };
}

/// What `id_type!` expands to; not for use by hand.
#[doc(hidden)]
pub mod _private {
    pub use serde::{self, Deserialize, Serialize};
    #[cfg(feature = "sql")]
    pub use sqlx;
    pub use uuid::{Error as UuidError, Uuid};

    /// A UUIDv7 from the given clock and generator.
    #[must_use]
    pub fn uuid_v7(clock: &dyn crate::Clock, rng: &dyn crate::Rng) -> Uuid {
        let millis = u64::try_from(clock.now().0 / 1_000).unwrap_or(0);
        let mut random = [0_u8; 10];
        rng.fill(&mut random);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}
