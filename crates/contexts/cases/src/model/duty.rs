//! Handing over at a desk (交接班).

use linli_kernel::{DistrictId, PlacePath, Ts, id_type, words};
use uuid::Uuid;

use super::{CaseId, Owner};

id_type! {
    /// A handover. Ordered by the instant it was written.
    pub struct HandoverId;
}

words! {
    /// Why an open case is handed over.
    pub enum Why {
        /// The words may mean danger to life (可能危及生命).
        Danger = "danger",
        /// Its promised time is over in the next shift (下一班内到期).
        RunsOut = "runs_out",
        /// It goes on by itself in the next shift (下一班内恢复).
        Hold = "hold",
        /// Its reporter is to be called back (待回访).
        CallBack = "call_back",
    }
}

/// An open case that is handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matter {
    /// The case.
    pub case: CaseId,
    /// Why.
    pub why: Why,
    /// What the one who goes says about it.
    pub note: String,
}

/// A handover: one officer of a desk to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// District.
    pub district: DistrictId,
    /// Id.
    pub id: HandoverId,
    /// The desk: the place of the appointments that sit at it.
    pub place: PlacePath,
    /// Who goes.
    pub from: Owner,
    /// The appointment of who comes; `None` for whoever comes next.
    pub to: Option<Uuid>,
    /// When it was handed over.
    pub handed_at: Ts,
    /// The end of the shift it was handed over for.
    pub until: Ts,
    /// What else is to be said.
    pub note: String,
    /// When somebody took it over.
    pub taken_at: Option<Ts>,
    /// The appointment under which that was.
    pub taken_by: Option<Uuid>,
    /// When the same officer handed over anew instead.
    pub replaced_at: Option<Ts>,
    /// What is open, what matters most first.
    pub matters: Vec<Matter>,
}

impl Handover {
    /// Whether it still waits for somebody.
    #[must_use]
    pub const fn waits(&self) -> bool {
        self.taken_at.is_none() && self.replaced_at.is_none()
    }
}
