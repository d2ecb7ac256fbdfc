//! Where one can go now (现在去哪看): the fever clinics and rooms near a place. Public; it knows nothing of staff.

use linli_db::Conn;
use linli_geo::Point;
use linli_kernel::{DistrictId, PlacePath, Ts};

use super::institutions::{UnitNow, now};
use crate::error_network::NetworkError;
use crate::model::{Institution, Lane, OpenNow, Serves, UnitKind};
use crate::store;

/// What somebody looks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only what is open now.
    pub open_now: bool,
    /// For a child.
    pub child: bool,
    /// Only medicines are needed.
    pub medicine_only: bool,
}

/// A clinic or room, as residents see it.
#[derive(Debug, Clone)]
pub struct Clinic {
    /// Whose.
    pub institution: Institution,
    /// The clinic.
    pub now: UnitNow,
    /// How far it is, in metres, when both ends are known.
    pub metres: Option<i64>,
    /// How many steps of the tree of places it shares with the place that was asked for.
    shared: usize,
}

/// The clinics of a district, the best on top: open before not known before closed, near before far. Where no point is known, the tree of
/// places says what is near: the own community before the own subdistrict.
///
/// # Errors
/// Store errors.
pub async fn clinics(
    c: &mut Conn<'_>,
    district: DistrictId,
    (place, point): (Option<&PlacePath>, Option<Point>),
    wanted: Wanted,
    at: Ts,
) -> Result<Vec<Clinic>, NetworkError> {
    let kinds = (UnitKind::FeverClinic.as_str(), UnitKind::FeverRoom.as_str());
    let mut units = store::institutions::open_units(c, district, kinds, at).await?;
    // A room that hands out medicines alone is no place to be seen; who needs medicines alone may go anywhere.
    units.retain(|unit| wanted.medicine_only || unit.lane == Lane::Full);
    units.retain(|unit| match unit.serves {
        Serves::Everybody | Serves::Unknown => true,
        Serves::Adults => !wanted.child,
        Serves::Children => wanted.child,
        // What is for staff alone is no place for residents.
        Serves::Staff => false,
    });
    let mut found = Vec::new();
    for one in now(c, district, units, at).await? {
        if wanted.open_now && !matches!(one.open, OpenNow::Open(_)) {
            continue;
        }
        let Some(institution) = store::institutions::one(c, district, one.unit.institution).await? else { continue };
        if institution.valid_to.is_some_and(|end| end <= at) {
            continue;
        }
        let metres = point.zip(institution.point).and_then(|(from, to)| whole_metres(from.distance_m(to)));
        let shared = place
            .map_or(0, |place| place.steps().zip(institution.place.steps()).take_while(|(here, there)| here == there).count());
        found.push(Clinic { institution, now: one, metres, shared });
    }
    let rank = |open: &OpenNow| match open {
        OpenNow::Open(_) => 0,
        OpenNow::Unknown => 1,
        OpenNow::Closed(_) => 2,
    };
    let sees = |one: &Clinic| usize::from(wanted.child && one.now.unit.serves == Serves::Unknown);
    let lane = |one: &Clinic| usize::from(wanted.medicine_only && one.now.unit.lane != Lane::MedicineOnly);
    found.sort_by(|a, b| {
        let key =
            |one: &Clinic| (rank(&one.now.open), sees(one), lane(one), one.metres.unwrap_or(i64::MAX), usize::MAX - one.shared);
        key(a).cmp(&key(b)).then_with(|| a.institution.name.cmp(&b.institution.name)).then(a.now.unit.id.cmp(&b.now.unit.id))
    });
    Ok(found)
}

/// Metres as a whole number; nothing for what is no distance on this earth.
fn whole_metres(metres: f64) -> Option<i64> {
    let rounded = format!("{metres:.0}");
    rounded.parse().ok()
}
