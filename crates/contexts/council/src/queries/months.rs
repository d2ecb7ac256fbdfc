//! Which community held its monthly joint meeting, and which missed its month (联席会议月度看板).

use linli_access::{Action, Ctx, Resource};
use linli_db::Conn;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};

use crate::error::CouncilError;
use crate::model::Month;
use crate::office::CouncilOffice;
use crate::store::meetings;

/// How a month of a community stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MonthState {
    /// 已召开.
    Held,
    /// 漏开: over, and none was held.
    Missed,
    /// 已通知: the month goes on, and a meeting is called.
    Called,
    /// 未开: the month goes on.
    Waiting,
    /// 不计: before the community called its first meeting.
    Before,
}

/// A community and its months, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommunityMonths {
    /// The community.
    pub place: PlacePath,
    /// Its name.
    pub name: String,
    /// Whether it ever called a meeting.
    pub began: bool,
    /// Each month.
    pub months: Vec<(Month, MonthState)>,
}

impl CommunityMonths {
    /// How many months it missed.
    #[must_use]
    pub fn missed(&self) -> usize {
        self.months.iter().filter(|(_, state)| *state == MonthState::Missed).count()
    }
}

/// The communities at or under a place, by the official order.
pub(crate) async fn communities(
    c: &mut Conn<'_>,
    (district, place): (DistrictId, &PlacePath),
) -> Result<Vec<(PlacePath, String)>, CouncilError> {
    let community = PlaceLevel::Community.depth();
    let mut open = if place.depth() == 0 {
        let served = linli_territory::queries::district(c, district).await?;
        served.map(|served| vec![(served.path, served.name)]).unwrap_or_default()
    } else {
        // From inside a community it is that one.
        let place = place.at_level(PlaceLevel::Community);
        let found = linli_territory::queries::place_at(c, district, &place).await?;
        found.map(|place| vec![(place.path, place.name)]).unwrap_or_default()
    };
    while open.iter().any(|(place, _)| place.depth() < community) {
        let mut below = Vec::new();
        for (place, name) in open {
            if place.depth() >= community {
                below.push((place, name));
            } else {
                let children = linli_territory::queries::children(c, district, &place).await?;
                below.extend(children.into_iter().map(|child| (child.path, child.name)));
            }
        }
        open = below;
    }
    Ok(open)
}

/// The months of every community at or under a place. A meeting of an estate counts for no month: the joint meeting is the community's.
pub(crate) async fn of_communities(
    c: &mut Conn<'_>,
    office: &CouncilOffice,
    (district, place): (DistrictId, &PlacePath),
    now: Ts,
) -> Result<Vec<CommunityMonths>, CouncilError> {
    let shown = office.rules(place, now)?.value.months().shown;
    let current = Month::of(now);
    let mut months = vec![current];
    while months.len() < shown {
        let Some(last) = months.last() else { break };
        months.push(last.before());
    }
    let since = months.last().and_then(|month| month.begins()).unwrap_or(now);
    let within = (district, place);
    let held = meetings::joint_held(c, within, since).await?;
    let called = meetings::joint_called(c, within).await?;
    let first = meetings::first_called(c, within).await?;
    let mut all = Vec::new();
    for (place, name) in communities(c, within).await? {
        let began = first.iter().filter(|(at, _)| place.contains(at)).map(|(_, at)| Month::of(*at)).min();
        let in_month = |list: &[(PlacePath, Ts)], month| list.iter().any(|(at, when)| *at == place && Month::of(*when) == month);
        let state = |month: Month| {
            if in_month(&held, month) {
                MonthState::Held
            } else if month == current && in_month(&called, month) {
                MonthState::Called
            } else if month == current {
                MonthState::Waiting
            } else if began.is_some_and(|began| began <= month) {
                MonthState::Missed
            } else {
                MonthState::Before
            }
        };
        let months = months.iter().map(|month| (*month, state(*month))).collect();
        all.push(CommunityMonths { place, name, began: began.is_some(), months });
    }
    Ok(all)
}

/// The months of the communities of the actor's scope: who missed most first.
///
/// # Errors
/// `Denied`; store errors.
pub async fn months(ctx: &Ctx, c: &mut Conn<'_>, office: &CouncilOffice) -> Result<Vec<CommunityMonths>, CouncilError> {
    let scope = ctx.scope(Action::Read, Resource::Meeting)?;
    let mut all = of_communities(c, office, (scope.district, &scope.place), ctx.now()).await?;
    all.sort_by_key(|community| std::cmp::Reverse((community.missed(), !community.began)));
    Ok(all)
}
