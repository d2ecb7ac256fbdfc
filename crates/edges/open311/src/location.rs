//! Where a request is: from what was sent to a place of the tree, and from places to words.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use linli_cases::Neighbours;
use linli_cases::queries::Published;
use linli_db::Conn;
use linli_geo::Point;
use linli_kernel::{PlaceLevel, PlacePath};
use linli_territory::Signposts;
use linli_territory::model::District;
use linli_territory::queries::{FAR_M, Named};

use crate::answer::{Refusal, store, territory};
use crate::asked::Args;

/// A place, and what is known of the spot in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) place: PlacePath,
    /// Longitude and latitude, WGS-84, 10⁻⁷ degrees.
    pub(crate) point_e7: Option<(i64, i64)>,
    /// What was written about it, for those who go there.
    pub(crate) address: Option<String>,
}

/// What was sent to say where.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sent<'a> {
    /// The code of a board or the key of a place.
    Id(&'a str),
    /// A point, which words may describe, as in the example of the specification.
    Point(Point, Option<&'a str>),
    /// Words alone.
    Words(&'a str),
}

/// One full location: not none, not half of one, and not two that could contradict each other.
fn sent(args: &Args) -> Result<Sent<'_>, Refusal> {
    let point = match (args.get("lat"), args.get("long")) {
        (None, None) => None,
        (Some(lat), Some(long)) => Some(point(lat, long)?),
        _ => return Err(Refusal::wrong("open311-error-location-half")),
    };
    match (args.get("address_id"), point, args.get("address_string")) {
        (Some(id), None, None) => Ok(Sent::Id(id)),
        (None, Some(point), words) => Ok(Sent::Point(point, words)),
        (None, None, Some(words)) => Ok(Sent::Words(words)),
        (None, None, None) => Err(Refusal::wrong("open311-error-location-missing")),
        (Some(_), _, _) => Err(Refusal::wrong("open311-error-location-two")),
    }
}

fn point(lat: &str, long: &str) -> Result<Point, Refusal> {
    let wrong = || Refusal::wrong("open311-error-location-point");
    let (lat, long): (f64, f64) = (lat.parse().map_err(|_| wrong())?, long.parse().map_err(|_| wrong())?);
    let point = Point::from_degrees(long, lat).map_err(|_| wrong())?;
    // What programs send that know no point; it is a spot in the sea off Africa.
    if (point.lon_e7, point.lat_e7) == (0, 0) {
        return Err(Refusal::wrong("open311-error-location-zero"));
    }
    Ok(point)
}

/// The spot that was sent. What leads to no smaller place hangs at the district.
pub(crate) async fn spot(
    c: &mut Conn<'_>,
    neighbours: &Arc<dyn Neighbours>,
    district: &District,
    args: &Args,
) -> Result<Spot, Refusal> {
    match sent(args)? {
        Sent::Id(id) => {
            let place = by_id(c, neighbours, district, id).await?;
            let place = place.ok_or_else(|| Refusal::wrong("open311-error-location-unknown").arg("id", id))?;
            Ok(Spot { place, point_e7: None, address: None })
        }
        Sent::Point(point, words) => {
            let found = linli_territory::queries::place_at_point(c, district.id, point).await.map_err(territory)?;
            if found.is_none() && !linli_territory::queries::may_be_near(c, district.id, point).await.map_err(territory)? {
                return Err(Refusal::wrong("open311-error-location-far").arg("km", (FAR_M / 1_000.0).to_string()));
            }
            let point_e7 = Some((i64::from(point.lon_e7), i64::from(point.lat_e7)));
            let place = found.unwrap_or_else(|| district.path.clone());
            Ok(Spot { place: place.at_level(PlaceLevel::Entrance), point_e7, address: words.map(str::to_owned) })
        }
        Sent::Words(words) => Ok(Spot { place: district.path.clone(), point_e7: None, address: Some(words.to_owned()) }),
    }
}

/// A board's place or a key's. Which homes there are is nobody's business, so the key of one names nothing.
async fn by_id(
    c: &mut Conn<'_>,
    neighbours: &Arc<dyn Neighbours>,
    district: &District,
    id: &str,
) -> Result<Option<PlacePath>, Refusal> {
    let board = neighbours.place_of_code(c, id).await.map_err(store)?;
    if let Some((at, place)) = board {
        return Ok((at == district.id).then_some(place));
    }
    let found = neighbours.place_of_key(c, district.id, id).await.map_err(store)?;
    Ok(found.filter(|place| place.level() != Some(PlaceLevel::Home) && district.path.contains(place)))
}

/// The names and keys of places.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<PlacePath, Arc<Named>>);

impl Names {
    /// Of the places of these cases and all above them.
    pub(crate) async fn around(
        c: &mut Conn<'_>,
        posts: &Signposts,
        district: &District,
        cases: &[Published],
    ) -> Result<Self, Refusal> {
        let places: BTreeSet<&PlacePath> = cases.iter().map(|case| &case.place).collect();
        let steps: BTreeSet<&str> = places.into_iter().flat_map(PlacePath::steps).collect();
        let paths: Vec<PlacePath> = steps.into_iter().filter_map(|step| step.parse().ok()).collect();
        Ok(Self(posts.names_at(c, district.id, &paths).await.map_err(territory)?))
    }

    /// The address, from the most specific to the most general, as the specification asks.
    pub(crate) fn address(&self, path: &PlacePath) -> String {
        let names: Vec<&str> = path.steps().rev().filter_map(|step| self.0.get(step)).map(|place| place.name.as_str()).collect();
        names.join(", ")
    }

    /// The key by which a request can be sent for the same place.
    pub(crate) fn key(&self, path: &PlacePath) -> &str {
        self.0.get(path).map(|place| place.key.as_str()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(query: &str) -> &'static str {
        match sent(&Args::of_query(query)) {
            Ok(Sent::Id(_)) => "id",
            Ok(Sent::Point(..)) => "point",
            Ok(Sent::Words(_)) => "words",
            Err(_) => "refused",
        }
    }

    #[test]
    fn exactly_one_full_location() {
        for (query, wanted) in [
            ("address_id=T1", "id"),
            ("lat=32.06&long=118.79", "point"),
            ("lat=32.06&long=118.79&address_string=1234+5th+street", "point"),
            ("address_string=1234+5th+street", "words"),
            ("address_string=x&lat=&long=", "words"),
            ("", "refused"),
            ("lat=32.06", "refused"),
            ("lat=32.06&address_string=x", "refused"),
            ("lat=north&long=118.79", "refused"),
            ("lat=118.79&long=32.06", "refused"),
            ("lat=NaN&long=118.79", "refused"),
            ("lat=0&long=0", "refused"),
            ("lat=-0.0&long=0.00", "refused"),
            ("lat=0&long=118.79", "point"),
            ("address_id=T1&address_string=x", "refused"),
            ("address_id=T1&lat=32.06&long=118.79", "refused"),
        ] {
            assert_eq!(kind(query), wanted, "{query}");
        }
    }
}
