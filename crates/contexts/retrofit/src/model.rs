//! Stairwells that want a lift, what each home says, objections, schemes, steps; renovation items (加装电梯、改造项目).

use linli_db::BlobHash;
use linli_kernel::{Area, DistrictId, PlacePath, Ts, id_type};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

mod words;

pub use words::*;

id_type! {
    /// The project of a stairwell (加装电梯项目).
    pub struct LiftId;
    /// A scheme (方案).
    pub struct SchemeId;
    /// A meeting (协商会).
    pub struct MeetingId;
    /// An objection (异议).
    pub struct ObjectionId;
    /// A posting (公示).
    pub struct NoticeId;
    /// A renovation item (改造项目).
    pub struct ItemId;
}

impl ObjectionState {
    /// Whether nothing follows that could still stop the lift.
    #[must_use]
    pub const fn over(self) -> bool {
        matches!(self, Self::Settled | Self::Withdrawn | Self::Judged)
    }
}

/// The project of one stairwell (单元).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The district.
    pub district: DistrictId,
    /// Its id.
    pub id: LiftId,
    /// The stairwell.
    pub place: PlacePath,
    /// What it is called: estate, building, entrance.
    pub title: String,
    /// How far it is.
    pub stage: Stage,
    /// The person who convenes (召集人).
    pub convener: Uuid,
    /// The rule by which consent is counted.
    pub rule: String,
    /// The day since which the property company sits at the table (物业前置介入).
    pub property_on: Option<String>,
    /// Which company.
    pub property_by: String,
    /// What it said before there was a plan.
    pub property_note: String,
    /// The scheme that was chosen.
    pub scheme: Option<SchemeId>,
    /// When it began.
    pub begun_at: Ts,
    /// When consent first passed.
    pub passed_at: Option<Ts>,
    /// When the agreement was complete.
    pub signed_at: Option<Ts>,
}

/// A home of the stairwell (户).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Its place.
    pub place: PlacePath,
    /// Floor; basements are negative.
    pub floor: i64,
    /// The how manieth of its floor, from 1.
    pub door: i64,
    /// Room.
    pub room: String,
    /// Exclusive area; none where it is not known.
    pub area: Option<Area>,
    /// Where the area is from.
    pub source: AreaSource,
    /// Homes of one owner have one number.
    pub owner: i64,
    /// What was signed for it.
    pub signed: Option<Signed>,
    /// The day of the last sale told.
    pub sold_on: Option<String>,
}

/// What was signed for a home; it binds whoever buys it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed {
    /// When.
    pub at: Ts,
    /// How.
    pub how: Signing,
    /// The photo of the signed paper.
    pub paper: Option<BlobHash>,
    /// What it pays, fen.
    pub share: i64,
    /// What it is paid, fen.
    pub compensation: i64,
}

/// A word of a home, without what is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Number within the project; the higher one stands.
    pub no: i64,
    /// The home.
    pub home: PlacePath,
    /// What it says.
    pub stance: Stance,
    /// By which way.
    pub way: Way,
    /// Why, where it objects or is undecided.
    pub reason: Option<Matter>,
    /// On which day.
    pub day: String,
    /// The photo of a paper.
    pub paper: Option<BlobHash>,
    /// When it was written down.
    pub at: Ts,
    /// By whom, as the journal names them.
    pub by: String,
    /// What is sealed.
    pub sealed: Vec<u8>,
}

/// What is sealed of a word.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoken {
    /// Who spoke for the home.
    #[serde(default)]
    pub who: String,
    /// What was said.
    #[serde(default)]
    pub said: String,
    /// Who was there as witness.
    #[serde(default)]
    pub witness: String,
}

/// A meeting (协商会).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Its id.
    pub id: MeetingId,
    /// The day.
    pub day: String,
    /// What about.
    pub subject: String,
    /// How many homes came.
    pub attended: i64,
    /// What came out.
    pub outcome: String,
}

/// An objection (异议).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Its id.
    pub id: ObjectionId,
    /// Of which project.
    pub project: LiftId,
    /// The home; none for somebody of another stairwell.
    pub home: Option<PlacePath>,
    /// What about.
    pub matter: Matter,
    /// Whether it is in writing.
    pub written: bool,
    /// How far it is.
    pub state: ObjectionState,
    /// When it was raised.
    pub day: String,
    /// When it ended.
    pub over_at: Option<Ts>,
}

/// A step of an objection, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectionStep {
    /// What.
    pub event: ObjectionEvent,
    /// In words; none when the key is another.
    pub said: Option<String>,
    /// When.
    pub at: Ts,
}

/// A rectangle on the plan, in centimetres: where it is from the south-west corner of the building, how large, from which height to which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Box3 {
    /// To the right of the corner.
    pub x: i32,
    /// Behind the front wall; negative in front of it.
    pub y: i32,
    /// Wide.
    pub w: i32,
    /// Deep.
    pub d: i32,
    /// Where it begins over the ground.
    #[serde(default)]
    pub z: i32,
    /// Where it ends over the ground.
    pub h: i32,
}

/// A scheme (方案): money in fen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemeBody {
    /// What it is called.
    pub name: String,
    /// Where it stops.
    pub entry: Entry,
    /// Who owns and runs it.
    pub operating: Operating,
    /// Pipes to move.
    pub pipes: Vec<Pipe>,
    /// What it means for fire access and escape.
    pub fire: Fire,
    /// In words: pipes, fire access, evacuation.
    pub note: String,
    /// What it costs.
    pub total: i64,
    /// Subsidies.
    pub subsidy: i64,
    /// Capital from outside.
    pub outside: i64,
    /// How it is shared.
    pub by: By,
    /// Coefficient of each floor, thousandths.
    pub coefficients: Vec<(i64, i64)>,
    /// What each home of a floor is paid.
    pub compensation: Vec<(i64, i64)>,
    /// Power, maintenance and inspection, a year.
    pub running: i64,
    /// Put aside for overhaul, a year.
    pub overhaul: i64,
    /// A ride, where one pays per ride.
    pub ride: i64,
    /// The shaft and the bridges to it, on the plan.
    #[serde(default)]
    pub shaft: Vec<Box3>,
}

/// A scheme of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheme {
    /// Its id.
    pub id: SchemeId,
    /// Of which project.
    pub project: LiftId,
    /// Its number, from 1.
    pub no: i64,
    /// How far it is.
    pub state: SchemeState,
    /// What it says.
    pub body: SchemeBody,
}

/// What a floor says to a scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FloorView {
    /// The scheme.
    pub scheme: SchemeId,
    /// The floor.
    pub floor: i64,
    /// What it thinks.
    pub opinion: Opinion,
    /// In words.
    pub said: String,
    /// When.
    pub at: Ts,
}

/// A posting (公示) of the chosen scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its id.
    pub id: NoticeId,
    /// The scheme.
    pub scheme: SchemeId,
    /// The day it was posted.
    pub posted_on: String,
    /// Its last day.
    pub ends_on: String,
    /// How many days the rule asks for.
    pub days: i64,
    /// Where it hangs.
    pub posted_at: String,
    /// The photo of it.
    pub paper: BlobHash,
    /// When it was closed.
    pub closed_at: Option<Ts>,
}

/// A step after consent (办理步骤), with its paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepDone {
    /// Which, as the rules name it.
    pub kind: String,
    /// The day.
    pub day: String,
    /// The number of the paper.
    pub paper_no: String,
    /// In words.
    pub note: String,
    /// The photo of the paper.
    pub paper: Option<BlobHash>,
}

/// A renovation item (改造项目).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The district.
    pub district: DistrictId,
    /// Its id.
    pub id: ItemId,
    /// The estate.
    pub place: PlacePath,
    /// Class.
    pub class: Class,
    /// Which of the list.
    pub code: String,
    /// In words.
    pub title: String,
    /// How far it is.
    pub state: ItemState,
    /// How much of it is done, percent.
    pub percent: i64,
    /// Who pays, fen.
    pub funding: Funding,
}

/// Who pays for an item (资金来源), fen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Funding {
    /// 中央.
    pub central: i64,
    /// 市.
    pub city: i64,
    /// 区.
    pub district: i64,
    /// 业主.
    pub owners: i64,
    /// 社会资本.
    pub capital: i64,
}

impl Funding {
    /// The five, in the order of their names.
    #[must_use]
    pub const fn parts(&self) -> [(&'static str, i64); 5] {
        [
            ("central", self.central),
            ("city", self.city),
            ("district", self.district),
            ("owners", self.owners),
            ("capital", self.capital),
        ]
    }

    /// All of it; none where that is more than can be counted.
    #[must_use]
    pub fn total(&self) -> Option<i64> {
        self.parts().iter().try_fold(0_i64, |sum, (_, part)| sum.checked_add(*part))
    }
}

/// What a building said to an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildingConsent {
    /// The building.
    pub place: PlacePath,
    /// How many homes it has.
    pub homes: i64,
    /// How many agreed.
    pub agreed: i64,
    /// On which day that was counted.
    pub day: String,
}

/// A line of the book of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Number, from 1.
    pub no: i64,
    /// What kind.
    pub kind: NoteKind,
    /// The day.
    pub day: String,
    /// How much is done.
    pub percent: i64,
    /// Of an acceptance: how many came.
    pub present: i64,
    /// How many are content.
    pub content: i64,
    /// In words.
    pub said: String,
}

/// A photo of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemPhoto {
    /// Number, from 1.
    pub no: i64,
    /// Before or after.
    pub moment: Moment,
    /// The picture.
    pub hash: BlobHash,
    /// The small one.
    pub thumb: BlobHash,
}
