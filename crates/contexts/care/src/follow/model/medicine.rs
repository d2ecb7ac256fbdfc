//! Early antivirals (早期抗病毒药): lots, what came in and went out, what a prescriber decided.

use jiff::civil::Date;
use linli_kernel::{DistrictId, PlacePath, Ts, id_type, words};
use linli_people::model::OrganisationId;
use uuid::Uuid;

use crate::model::CarePersonId;

id_type! {
    /// A lot of a medicine at an institution (批次).
    pub struct LotId;
    /// What came into a lot or went out of it (库存流水).
    pub struct EntryId;
    /// What a prescriber decided (处方决定).
    pub struct DecisionId;
}

words! {
    /// Why the number of boxes of a lot changed.
    pub enum EntryKind {
        /// 入库.
        Received = "received",
        /// 发药.
        Dispensed = "dispensed",
        /// 报损.
        Wasted = "wasted",
        /// 盘点更正.
        Corrected = "corrected",
    }
}

words! {
    /// How far a decision is.
    pub enum DecisionState {
        /// 已开，待发药.
        Prescribed = "prescribed",
        /// 已发药.
        Dispensed = "dispensed",
        /// 已作废.
        Cancelled = "cancelled",
        /// 决定不用药.
        Against = "against",
    }
}

/// A lot and what is left of it: the sum of its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// Its id.
    pub id: LotId,
    /// Where it lies.
    pub institution: OrganisationId,
    /// The code of the medicine in the list.
    pub medicine: String,
    /// The number on the box (批号).
    pub lot: String,
    /// The last day on which it may be taken (有效期至).
    pub expires: Date,
    /// Boxes that are left.
    pub left: i64,
}

/// What came into a lot or went out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// Which lot.
    pub lot: LotId,
    /// Why.
    pub kind: EntryKind,
    /// Boxes; below zero when they went out.
    pub quantity: i64,
    /// When.
    pub at: Ts,
    /// The reason, for what is wasted or corrected.
    pub because: Option<String>,
    /// The decision it was handed out on.
    pub decision: Option<DecisionId>,
}

/// What a prescriber decided about an early antiviral for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The district.
    pub district: DistrictId,
    /// Its id.
    pub id: DecisionId,
    /// The human number, `K2026-000012`.
    pub number: String,
    /// For whom.
    pub person: CarePersonId,
    /// Where they live.
    pub place: PlacePath,
    /// Where it is handed out.
    pub institution: OrganisationId,
    /// The code of the medicine; none: decided against one.
    pub medicine: Option<String>,
    /// Boxes.
    pub quantity: i64,
    /// How the list judged it: `possible`, `weigh`, `out`; `none` for a decision against one.
    pub fit: String,
    /// Whether it began later after the onset than the list says.
    pub late: bool,
    /// The list it was judged by, `care.antivirals@2026.1`.
    pub rule: String,
    /// The day of onset and the answers, as JSON; gone with the consent to readings.
    pub asked: Option<String>,
    /// The reason; gone with the consent to readings.
    pub because: Option<String>,
    /// How far it is.
    pub state: DecisionState,
    /// When.
    pub decided_at: Ts,
    /// The prescriber's appointment.
    pub decided_by: Uuid,
    /// When it was handed out or cancelled.
    pub over_at: Option<Ts>,
}
