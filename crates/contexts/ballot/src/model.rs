//! Types, in the words of the field.

use linli_kernel::{Area, DistrictId, PlacePath, Ts, id_type};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

id_type! {
    /// An exclusive part (专有部分): a home, a shop, a parking space.
    pub struct UnitId;
    /// An owner (业主).
    pub struct OwnerId;
    /// A vote (表决).
    pub struct VoteId;
    /// A ballot that was cast (表决票).
    pub struct BallotId;
    /// A paper ballot that waits for the second pair of eyes (待复核的纸质票).
    pub struct ScanId;
}

linli_kernel::words! {
    /// What an exclusive part is (专有部分用途).
    pub enum UnitKind {
        /// 住宅.
        Dwelling = "dwelling",
        /// 商铺.
        Shop = "shop",
        /// 办公等其他用房.
        Other = "other",
        /// 车位. Counted only where the estate is configured so.
        Parking = "parking",
        /// 储藏室. As parking.
        Storage = "storage",
    }

    /// Where an area is taken from, the best first (面积来源, 法释〔2009〕7 号第八条).
    pub enum AreaSource {
        /// 不动产登记簿.
        Register = "register",
        /// 实测面积.
        Survey = "survey",
        /// 买卖合同.
        Contract = "contract",
    }

    /// In whose hands a part is (权属状态). Everything the developer has not sold, or sold and not handed over, is one head together.
    pub enum Standing {
        /// 已交付业主.
        Owned = "owned",
        /// 建设单位尚未出售.
        Unsold = "unsold",
        /// 已售未交付.
        Undelivered = "undelivered",
    }

    /// Whether it binds (表决性质).
    pub enum Mode {
        /// 业主共同决定.
        Binding = "binding",
        /// 征求意见: decides nothing.
        Consultation = "consultation",
    }

    /// How it is called (会议类型).
    pub enum Call {
        /// 定期会议.
        Regular = "regular",
        /// 临时会议.
        AdHoc = "ad_hoc",
    }

    /// How those who say nothing are counted, by the assembly's own rules of procedure (未返还表决票的计算).
    pub enum Silent {
        /// 不计入参与表决. Unless the assembly's rules say otherwise.
        NotParticipating = "not_participating",
        /// 计为弃权.
        Abstain = "abstain",
        /// 计入已表决的多数意见.
        Majority = "majority",
    }

    /// How far a vote is (表决状态).
    pub enum State {
        /// 拟稿.
        Draft = "draft",
        /// 公示中.
        Posted = "posted",
        /// 投票中.
        Open = "open",
        /// 已计票.
        Closed = "closed",
        /// 已撤回.
        Withdrawn = "withdrawn",
    }

    /// Who counted (计票来源).
    pub enum Origin {
        /// Here, ballot by ballot.
        Here = "here",
        /// 官方电子投票系统: written down from its result.
        Official = "official",
    }

    /// By which way a ballot came (投票方式).
    pub enum Way {
        /// 网上.
        Online = "online",
        /// 纸质.
        Paper = "paper",
        /// 上门.
        Doorstep = "doorstep",
        /// 委托.
        Proxy = "proxy",
    }

    /// What a ballot says of a matter (意见).
    pub enum Choice {
        /// 同意.
        Yes = "y",
        /// 不同意.
        No = "n",
        /// 弃权.
        Abstain = "a",
        /// 未填或无效: took part, agreed to nothing.
        Blank = "b",
    }

    /// What became of a matter (表决结果).
    pub enum Verdict {
        /// 通过.
        Passed = "passed",
        /// 未通过.
        Rejected = "rejected",
        /// 参与表决的面积或人数不足.
        NoQuorum = "no_quorum",
        /// 征求意见，不作决定.
        Heard = "heard",
    }
}

/// What a ballot says, matter by matter: one letter each, as in `yna`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Choices(Vec<Choice>);

impl Choices {
    /// Of these.
    #[must_use]
    pub const fn new(all: Vec<Choice>) -> Self {
        Self(all)
    }

    /// Matter by matter.
    #[must_use]
    pub fn all(&self) -> &[Choice] {
        &self.0
    }
}

impl std::fmt::Display for Choices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|one| f.write_str(one.as_str()))
    }
}

impl std::str::FromStr for Choices {
    type Err = linli_kernel::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split("").filter(|letter| !letter.is_empty()).map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

/// Area and heads: the two counts of every decision (面积和人数).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Exclusive area, in 0.01 m².
    pub area: Area,
    /// Heads.
    pub heads: i64,
}

impl Measure {
    /// Of so much area and so many heads.
    #[must_use]
    pub const fn new(area: i64, heads: i64) -> Self {
        Self { area: Area(area), heads }
    }
}

/// An exclusive part in the register of owners (业主名册). Of owners only which they are, not who.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Which.
    pub id: UnitId,
    /// Its natural key, `E001/3栋/2单元/301`, or a code of its own for what is no home.
    pub code: String,
    /// Where it lies.
    pub place: PlacePath,
    /// What it is.
    pub kind: UnitKind,
    /// Its area.
    pub area: Area,
    /// Where the area is taken from.
    pub source: AreaSource,
    /// In whose hands.
    pub standing: Standing,
    /// The same for all parts of one owner: 32 bytes that name nobody.
    pub head: Vec<u8>,
    /// How many own it together.
    pub owners: i64,
    /// When it was struck off.
    pub struck_at: Option<Ts>,
}

/// A matter put to the vote (表决事项).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// From 1.
    pub no: i64,
    /// The number of the matter in the list of the rule (民法典第二百七十八条第几项); none in a consultation.
    pub matter: Option<i64>,
    /// The words that are put to the vote.
    pub text: String,
}

/// A vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// Its district.
    pub district: DistrictId,
    /// Which.
    pub id: VoteId,
    /// The number people quote, `2026-003`.
    pub number: String,
    /// Whose owners vote: those of an estate, a building, an entrance.
    pub place: PlacePath,
    /// Whether it binds.
    pub mode: Mode,
    /// How it is called.
    pub call: Call,
    /// One line.
    pub title: String,
    /// What it is about.
    pub body: String,
    /// Whether parking spaces and store rooms count.
    pub with_parking: bool,
    /// How silence counts.
    pub silent: Silent,
    /// Where the assembly's rules say so.
    pub silent_basis: String,
    /// The rule it goes by, fixed when it was posted.
    pub rule: String,
    /// How far it is.
    pub state: State,
    /// Who drafted it, as the journal writes it.
    pub drafted_by: String,
    /// When its matters were posted.
    pub posted_at: Option<Ts>,
    /// Where they hang.
    pub notice: Option<Uuid>,
    /// From when on it may be opened.
    pub may_open_at: Option<Ts>,
    /// When it was opened.
    pub opened_at: Option<Ts>,
    /// When it ends.
    pub closes_at: Option<Ts>,
    /// All who may vote.
    pub all: Measure,
    /// How many parts those are.
    pub homes: i64,
    /// What the electorate hashes to since the opening.
    pub electorate: Option<Vec<u8>>,
    /// When it was counted.
    pub closed_at: Option<Ts>,
    /// Who counted.
    pub origin: Origin,
    /// The decision record, JSON; empty before the count.
    pub decision: String,
    /// The seal over the list of ballots, hexadecimal; empty before the count.
    pub seal: String,
    /// By when the result has to be posted.
    pub due_at: Option<Ts>,
    /// When it was.
    pub announced_at: Option<Ts>,
    /// Counts its changes.
    pub version: i64,
}

/// A place among those who may vote (表决席位), fixed at the opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// From 1.
    pub no: i64,
    /// The part in the register; none in a consultation.
    pub unit: Option<UnitId>,
    /// Where it lies.
    pub place: PlacePath,
    /// What it is called among neighbours: `3栋 2单元 301`.
    pub label: String,
    /// Its area.
    pub area: Area,
    /// The number of its owner among the owners, from 1.
    pub head: i64,
    /// How many ballots came for it; the last one counts.
    pub turn: i64,
    /// The one that counts.
    pub ballot: Option<BallotId>,
}

/// A ballot as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ballot {
    /// Which.
    pub id: BallotId,
    /// For which seat.
    pub seat: i64,
    /// The how manieth for this seat, from 1.
    pub turn: i64,
    /// By which way.
    pub way: Way,
    /// What it says.
    pub choices: Choices,
    /// What opens its commitment.
    pub salt: [u8; 32],
    /// When it was cast.
    pub cast_at: Ts,
    /// Since when another one counts.
    pub replaced_at: Option<Ts>,
}

/// A paper ballot that was read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Which.
    pub id: ScanId,
    /// For which seat.
    pub seat: i64,
    /// The picture, by the SHA-256 of its bytes.
    pub hash: Vec<u8>,
    /// On paper by the owner, or by a proxy.
    pub way: Way,
    /// Who read it first.
    pub first_by: Uuid,
    /// When.
    pub first_at: Ts,
    /// The proxy as a keyed hash, where one votes.
    pub holder: Option<Vec<u8>>,
    /// Whether it replaces what was cast before.
    pub replaces: bool,
}
