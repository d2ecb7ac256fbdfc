//! The plan (救治方案): who waits for which bed, who may step down, and what is suggested.

use std::collections::BTreeMap;

use linli_geo::Point;
use linli_kernel::{DistrictId, Ts, id_type, words};
use serde::{Deserialize, Serialize};

use super::beds::BedType;
use super::referrals::{Consent, Declining, Direction, InboundKey, ReferralId, Severity};
use super::{GridKind, GridRef, InstitutionId, UnitId, UnitKind};

id_type! {
    /// What somebody made of a suggestion (对建议的决定).
    pub struct DecisionId;
}

words! {
    /// What somebody made of a suggestion.
    pub enum Made {
        /// 按建议.
        Accepted = "accepted",
        /// 另选.
        Overridden = "overridden",
    }

    /// Why another bed than the suggested one was chosen (另选原因).
    pub enum Overriding {
        /// 病情不适合.
        Clinical = "clinical",
        /// 专科或设备要求.
        Specialty = "specialty",
        /// 患者或家属意愿.
        Family = "family",
        /// 路况、车辆.
        Transport = "transport",
        /// 对方电话告知不能接收.
        Told = "told",
        /// 床位台账不实.
        Ledger = "ledger",
        /// 其他.
        Other = "other",
    }
}

/// An institution by its place in the store.
pub type At = (DistrictId, InstitutionId);

/// An institution as the plan sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct House {
    /// Which.
    pub at: At,
    /// Its name.
    pub name: String,
    /// Where exactly, when that is known.
    pub point: Option<Point>,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// The grids it belongs to now.
    pub grids: Vec<(GridKind, GridRef)>,
}

impl House {
    /// Its grid of a kind.
    #[must_use]
    pub fn grid(&self, kind: GridKind) -> Option<GridRef> {
        self.grids.iter().find(|(of, _)| *of == kind).map(|(_, grid)| *grid)
    }
}

/// Beds of one kind in one unit (床位池).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// Whose.
    pub at: At,
    /// In which unit.
    pub unit: UnitId,
    /// Its name.
    pub name: String,
    /// What kind of unit.
    pub kind: UnitKind,
    /// Which kind of bed.
    pub bed_type: BedType,
    /// What the unit can do beyond what its house can.
    pub capabilities: Vec<String>,
    /// How many can be used; `None` when the ledger cannot say.
    pub usable: Option<i64>,
    /// How many of them are left, below zero when it is over-full.
    pub left: Option<i64>,
}

/// Which record somebody waits by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "whom", rename_all = "snake_case")]
pub enum Whom {
    /// Waits at the sending end for a house that takes them.
    Asking {
        /// The district of the sender.
        district: DistrictId,
        /// The referral.
        referral: ReferralId,
    },
    /// Is there already and waits for a bed (急诊滞留).
    Boarding {
        /// The district of the house.
        district: DistrictId,
        /// The referral.
        referral: ReferralId,
        /// Which attempt of it.
        attempt: i64,
    },
}

/// Somebody who waits for a bed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// By which record.
    pub whom: Whom,
    /// The attempt that counts.
    pub attempt: i64,
    /// Where they are.
    pub at: At,
    /// Up, or down.
    pub direction: Direction,
    /// In which kind of grid.
    pub grid_kind: GridKind,
    /// Which kind of bed.
    pub bed_type: BedType,
    /// What is needed.
    pub needs: Vec<String>,
    /// How sick.
    pub severity: Severity,
    /// Since when they wait.
    pub since: Ts,
    /// When the clock of the record is over.
    pub due: Option<Ts>,
    /// Who is asked now.
    pub asked: Option<At>,
    /// From where they came lately, and when: they are not sent back there at once.
    pub came_from: Vec<(At, Ts)>,
}

/// Somebody in a bed who may step down (可下转).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    /// The record of the house.
    pub key: InboundKey,
    /// Where they lie.
    pub at: At,
    /// In which unit.
    pub unit: UnitId,
    /// In which kind of bed.
    pub bed_type: BedType,
    /// In which kind of bed they could go on.
    pub wants: BedType,
    /// What must go on there.
    pub needs: Vec<String>,
    /// In which kind of grid.
    pub grid_kind: GridKind,
    /// From where they came: nearer to their home than where they lie.
    pub home: At,
    /// Since when they are here: nobody goes back at once to where they came from.
    pub came: Ts,
}

/// A refusal that still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// By whom.
    pub by: At,
    /// For which referral.
    pub referral: ReferralId,
    /// For which kind of bed.
    pub bed_type: BedType,
    /// How sick who was refused is.
    pub severity: Severity,
    /// Why.
    pub why: Declining,
    /// When.
    pub at: Ts,
}

/// Everything the plan goes by, at an instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// The instant.
    pub now: Ts,
    /// Institutions, by their place in the store.
    pub houses: BTreeMap<At, House>,
    /// Beds.
    pub pools: Vec<Pool>,
    /// Who waits.
    pub waiting: Vec<Waiting>,
    /// Who may step down.
    pub leaving: Vec<Leaving>,
    /// Who refused whom.
    pub refused: Vec<Refused>,
    /// Vehicles that are free, where a grid told so and it is not too long ago.
    pub fleets: BTreeMap<GridRef, i64>,
}

/// A bed that is suggested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Where {
    /// In which house.
    pub at: At,
    /// In which unit.
    pub unit: UnitId,
    /// Which kind of bed.
    pub bed_type: BedType,
}

/// Who steps down where, so that a bed becomes free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Who.
    pub who: InboundKey,
    /// From which bed.
    pub from: Where,
    /// To which.
    pub to: Where,
    /// Minutes on the way and until the bed is ready.
    pub minutes: i64,
}

/// Why this bed (建议理由).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Because {
    /// The patient is in the house already.
    Here,
    /// No other house that can do what is needed may be asked.
    Only,
    /// The nearest of so many.
    Nearest {
        /// How many could.
        of: i64,
    },
    /// A nearer one has no free bed.
    NearerFull {
        /// Which.
        house: At,
        /// How near.
        minutes: i64,
    },
    /// The bed of a nearer one goes to somebody else.
    NearerGiven {
        /// Which.
        house: At,
        /// How near.
        minutes: i64,
        /// How sick the other is.
        to: Severity,
    },
    /// A nearer one has taken, or is to take, more of its share.
    Spread {
        /// Which.
        house: At,
        /// How near.
        minutes: i64,
    },
}

/// A suggestion (建议).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// For whom.
    pub whom: Whom,
    /// Which bed.
    pub to: Where,
    /// Minutes on the way and until the bed is ready.
    pub minutes: i64,
    /// Why this one.
    pub because: Because,
    /// A house that is left out because it refused, and why.
    pub refused: Option<(At, Declining)>,
    /// Who steps down first: the first from the bed of [`Suggestion::to`], each further one from where the one before goes to.
    pub chain: Vec<Step>,
}

/// Why nobody can be suggested (无建议原因).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stays {
    /// No house that can do what is needed may be asked.
    NobodyCan,
    /// All vehicles of the grid are needed for others.
    NoVehicle,
    /// All beds are taken, or go to those who are sicker or wait longer.
    NoBed,
    /// A house that has room is left out, because it refused lately; all other beds are taken, or go to others.
    LeftOut {
        /// Which house.
        house: At,
        /// Why it refused.
        why: Declining,
        /// Until when it is left out.
        until: Ts,
    },
}

/// What it costs to go without a suggestion (不采纳的代价): what becomes more, or less, than in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Harm {
    /// Critical patients who wait.
    pub critical: i64,
    /// Severe patients who wait.
    pub severe: i64,
    /// Others who wait.
    pub ordinary: i64,
    /// Minutes that those who stay have waited.
    pub waited: i64,
    /// The load of houses, in the steps of the rule.
    pub load: i64,
    /// Minutes on the way and until beds are ready.
    pub minutes: i64,
}

/// Somebody in a bed who was marked as one who may step down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The record of the house.
    pub key: InboundKey,
    /// In which kind of bed they could go on.
    pub wants: BedType,
    /// What must go on there.
    pub needs: Vec<String>,
    /// In which kind of grid.
    pub grid_kind: GridKind,
    /// On what the sending of clinical data rests.
    pub consent: Consent,
    /// Since when.
    pub at: Ts,
    /// The referral by which it is asked for, once it is.
    pub asked: Option<ReferralId>,
}

/// What somebody made of a suggestion, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its id.
    pub id: DecisionId,
    /// For whom.
    pub whom: Whom,
    /// By which house.
    pub by: At,
    /// When.
    pub at: Ts,
    /// Accepted or not.
    pub made: Made,
    /// Why not.
    pub why: Option<Overriding>,
    /// Which bed was chosen.
    pub chosen: Where,
    /// What was suggested.
    pub suggested: Option<Suggestion>,
    /// What going without it costs.
    pub harm: Option<Harm>,
    /// By which rules.
    pub rule: String,
}
