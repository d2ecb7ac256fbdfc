//! The hand-off between the two halves.

use linli_care::CarePersonId;
use linli_kernel::{DistrictId, Ts, id_type, words};

use super::referrals::{ReferralId, ReferralState};

id_type! {
    /// A hand-off (交接单).
    pub struct HandOffId;
}

words! {
    /// How far somebody has come who was handed over.
    pub enum Stage {
        /// A bed is asked for.
        Asked = "asked",
        /// In a bed, of whichever institution.
        InHospital = "in_hospital",
        /// 回家.
        Home = "home",
        /// 转往别处.
        Elsewhere = "elsewhere",
        /// 死亡.
        Died = "died",
        /// Nobody was admitted: taken back, refused by all, or asked for anew.
        Over = "over",
    }
}

impl Stage {
    /// Whether nothing more is to come.
    #[must_use]
    pub const fn ends(self) -> bool {
        matches!(self, Self::Home | Self::Elsewhere | Self::Died | Self::Over)
    }
}

/// A hand-off: all that the two halves share of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandOff {
    /// The district where the person lives.
    pub district: DistrictId,
    /// Its id.
    pub id: HandOffId,
    /// Whom the care side follows.
    pub person: CarePersonId,
    /// What was asked for first.
    pub referral: ReferralId,
    /// How far it has come.
    pub stage: Stage,
    /// Since when.
    pub stage_at: Ts,
}

/// A referral of the same patient, as it stands at the sending end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// Its state.
    pub state: ReferralState,
    /// Of one that is completed, how the stay ended.
    pub reason: Option<String>,
}
