//! What stands on a board.

use std::collections::HashMap;
use std::str::FromStr;

use linli_access::Role;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts, id_type};
use linli_record::model::Standing;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{BoardCase, BoardCode};

id_type! {
    /// Something posted (公告).
    pub struct NoticeId;
}

/// What kind of thing is posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// 通知.
    Notice,
    /// 议事结果公示: what a meeting decided.
    Result,
    /// 计划施工、停水停电: works announced beforehand.
    PlannedWork,
    /// 便民服务.
    Service,
}

impl NoticeKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Notice, Self::Result, Self::PlannedWork, Self::Service];

    /// The word in the database and in text keys (`board-kind-planned_work`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Result => "result",
            Self::PlannedWork => "planned_work",
            Self::Service => "service",
        }
    }
}

impl FromStr for NoticeKind {
    type Err = UnknownKind;
    fn from_str(s: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == s).ok_or(UnknownKind)
    }
}

/// There is no such kind of notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of notice")]
pub struct UnknownKind;

/// Something posted on the boards of a place and of everything under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// Id.
    pub id: NoticeId,
    /// Posted for this place and everything under it.
    #[serde(skip)]
    pub place: PlacePath,
    /// Kind.
    pub kind: NoticeKind,
    /// One line.
    pub title: String,
    /// Plain text; an empty line parts paragraphs.
    pub body: String,
    /// 落款: the body that signs it.
    pub signed: String,
    /// Shown from.
    pub starts_at: Ts,
    /// Shown until; `None` until it is withdrawn.
    pub ends_at: Option<Ts>,
}

impl Notice {
    /// The public page of it, which also is its paper: `/n/1/…`.
    #[must_use]
    pub fn page(&self, district: DistrictId) -> String {
        format!("/n/{district}/{}", self.id)
    }

    /// The paragraphs of the body.
    #[must_use]
    pub fn paragraphs(&self) -> Vec<&str> {
        self.body.split("\n\n").map(str::trim).filter(|p| !p.is_empty()).collect()
    }
}

/// Somebody who answers for the place of a board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// In which role.
    pub role: Role,
    /// The title of the appointment as written in it; may be empty.
    pub title: String,
    /// Name.
    pub name: String,
    /// The phone of the work, where the appointment makes it public.
    pub phone: Option<String>,
    /// The organisation; may be empty.
    pub organisation: String,
}

/// The number that always answers at a place, and where it was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DutyPhone {
    /// The number.
    pub phone: String,
    /// The place it was set for.
    #[serde(skip)]
    pub place: PlacePath,
}

/// A step of the way from the city down to the place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Above {
    /// Level.
    pub level: PlaceLevel,
    /// Name.
    pub name: String,
    /// Path.
    #[serde(skip)]
    pub path: PlacePath,
}

/// All that a board says at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Board {
    /// District.
    #[serde(skip)]
    pub district: DistrictId,
    /// Its code.
    pub code: BoardCode,
    /// The place.
    #[serde(skip)]
    pub place: PlacePath,
    /// The name as one says it from the estate down: `锁金村一号院 3栋 2单元`.
    pub name: String,
    /// Where that is, from the city down to the community.
    pub within: Vec<Above>,
    /// Who answers, life steward first.
    pub contacts: Vec<Contact>,
    /// Those of the four roles of the board (生活管家、红色管家、网格员、物业经理) for which nobody is appointed.
    pub vacant: Vec<Role>,
    /// The property service's 24-hour phone; `None` when nobody set one here or above.
    pub duty: Option<DutyPhone>,
    /// 12345.
    pub hotline: &'static str,
    /// The service pledge.
    pub pledge: Option<String>,
    /// What is being worked on.
    pub working: Vec<BoardCase>,
    /// What was lately solved.
    pub solved: Vec<BoardCase>,
    /// What is posted now, latest first.
    pub notices: Vec<Notice>,
    /// How each of them stands in the public log.
    #[serde(skip)]
    pub proofs: HashMap<Uuid, Standing>,
    /// When this was true.
    pub at: Ts,
}

/// What was set at a place: the pledge (服务承诺) and the 24-hour property phone, each `None` where the place above answers.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct Pledge {
    /// In force from; until the next one of the place begins.
    pub valid_from: Ts,
    /// 服务承诺.
    pub text: Option<String>,
    /// 24 小时物业服务电话.
    pub duty_phone: Option<String>,
}
