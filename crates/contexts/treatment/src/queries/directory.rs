//! The register of the whole network in memory (机构名录): institutions, units, beds and grids of every district of this database, with a net
//! of squares over it for what is near. It follows the journal: whoever reads sees everything that had been written when he began to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use linli_db::{Conn, StoredLine, journal};
use linli_geo::Point;
use linli_kernel::{DistrictId, Ts};
use tokio::sync::{RwLock, RwLockReadGuard};
use uuid::Uuid;

use crate::error_network::NetworkError;
use crate::model::beds::Cell;
use crate::model::plan::At;
use crate::model::{
    GridRef, Institution, InstitutionId, Membership, MembershipId, Posted, TreatmentGrid, TreatmentGridId, Unit, UnitId,
};
use crate::network::Network;
use crate::store;

/// Lines that are followed one by one; who is further behind reads everything anew.
const LINES_MOST: i64 = 2_000;
/// The side of a square of the net, 1e-7 degrees: about two kilometres.
const SQUARE_E7: i32 = 200_000;

/// A unit with its beds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ward {
    /// The unit.
    pub unit: Unit,
    /// Its beds, by kind.
    pub cells: Vec<Cell>,
    /// Its hours, those from the newest day on last.
    pub posted: Vec<Posted>,
    /// Days on which it stays closed, past ones too.
    pub closed: Vec<Date>,
}

impl Ward {
    /// The hours that count on a day.
    #[must_use]
    pub fn hours_on(&self, day: Date) -> Option<&Posted> {
        let day = day.to_string();
        self.posted.iter().rev().find(|posted| posted.from_day <= day)
    }
}

/// What hangs on units, each by its unit.
#[derive(Debug, Default)]
struct OnUnits {
    cells: HashMap<UnitId, Vec<Cell>>,
    posted: HashMap<UnitId, Vec<Posted>>,
    closed: HashMap<UnitId, Vec<Date>>,
}

impl OnUnits {
    async fn of(c: &mut Conn<'_>, of: Option<At>) -> Result<Self, NetworkError> {
        let all = match of {
            Some(at) => store::beds::cells(c, at).await?,
            None => store::beds::cells_everywhere(c).await?,
        };
        let mut cells: HashMap<UnitId, Vec<Cell>> = HashMap::new();
        for cell in all {
            cells.entry(cell.key.unit).or_default().push(cell);
        }
        let posted = store::opening::posted(c, of).await?;
        Ok(Self { cells, posted, closed: store::opening::closed(c, of).await? })
    }

    fn ward(&mut self, unit: Unit) -> Ward {
        let id = &unit.id;
        Ward {
            cells: self.cells.remove(id).unwrap_or_default(),
            posted: self.posted.remove(id).unwrap_or_default(),
            closed: self.closed.remove(id).unwrap_or_default(),
            unit,
        }
    }
}

/// An institution with everything of it that is in the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The institution.
    pub institution: Institution,
    /// When its record, its units, hours or grids were last changed.
    pub changed: Ts,
    /// Its units, closed ones too.
    pub wards: Vec<Ward>,
    /// Its times in grids, the newest on top.
    pub memberships: Vec<Membership>,
}

impl Listed {
    /// Where it stands in the register.
    #[must_use]
    pub const fn at(&self) -> At {
        (self.institution.district, self.institution.id)
    }
}

/// The register as it stands.
#[derive(Debug, Default)]
pub struct Directory {
    listed: BTreeMap<At, Listed>,
    grids: BTreeMap<GridRef, (TreatmentGrid, Ts)>,
    institutions: HashMap<InstitutionId, At>,
    units: HashMap<UnitId, At>,
    memberships: HashMap<MembershipId, At>,
    /// The institutions in each square.
    squares: HashMap<(i32, i32), BTreeSet<At>>,
    /// How far the journal of each district was when it was read.
    seen: Vec<(DistrictId, i64)>,
}

/// The register, for all who read it; of many who find it behind, one takes it along.
#[derive(Debug, Default)]
pub struct Kept(RwLock<Directory>);

/// The register with everything that has been written until now.
///
/// # Errors
/// Store errors.
pub async fn directory<'a>(network: &'a Network, c: &mut Conn<'_>) -> Result<RwLockReadGuard<'a, Directory>, NetworkError> {
    let kept = &network.directory().0;
    // What was written before the stamp was read is in what is read after it.
    let now = journal::all_last_seqs(c).await?;
    {
        let standing = kept.read().await;
        if standing.has(&now) {
            return Ok(standing);
        }
    }
    let mut changing = kept.write().await;
    if !changing.has(&now) {
        changing.follow(c, now).await?;
    }
    Ok(changing.downgrade())
}

impl Directory {
    /// Institutions in the order of the register.
    pub fn listed(&self) -> impl Iterator<Item = &Listed> {
        self.listed.values()
    }

    /// An institution by its id.
    #[must_use]
    pub fn institution(&self, id: InstitutionId) -> Option<&Listed> {
        self.listed.get(self.institutions.get(&id)?)
    }

    /// A unit by its id, with its institution.
    #[must_use]
    pub fn unit(&self, id: UnitId) -> Option<(&Listed, &Ward)> {
        let of = self.listed.get(self.units.get(&id)?)?;
        Some((of, of.wards.iter().find(|ward| ward.unit.id == id)?))
    }

    /// A membership by its id, with its institution.
    #[must_use]
    pub fn membership(&self, id: MembershipId) -> Option<(&Listed, &Membership)> {
        let of = self.listed.get(self.memberships.get(&id)?)?;
        Some((of, of.memberships.iter().find(|one| one.id == id)?))
    }

    /// The treatment grids with the instant in which each was made.
    pub fn grids(&self) -> impl Iterator<Item = &(TreatmentGrid, Ts)> {
        self.grids.values()
    }

    /// A grid by its id.
    #[must_use]
    pub fn grid(&self, id: TreatmentGridId) -> Option<&(TreatmentGrid, Ts)> {
        self.grids.values().find(|(grid, _)| grid.at.id == id)
    }

    /// The institutions whose point lies within so many metres, the nearest on top, each with its distance in metres.
    #[must_use]
    pub fn near(&self, point: Point, metres: i64) -> Vec<(i64, &Listed)> {
        let wide: f64 = i32::try_from(metres).map_or(f64::MAX, f64::from);
        let around = point.surroundings(wide);
        let (min, max) = (square(around.min), square(around.max));
        let squares = i64::from(max.0 - min.0 + 1) * i64::from(max.1 - min.1 + 1);
        let candidates: Vec<&At> = if usize::try_from(squares).is_ok_and(|squares| squares <= self.squares.len()) {
            let of = |lon| (min.1..=max.1).filter_map(move |lat| self.squares.get(&(lon, lat)));
            (min.0..=max.0).flat_map(of).flatten().collect()
        } else {
            self.squares.values().flatten().collect()
        };
        let mut found: Vec<(i64, &Listed)> = candidates
            .into_iter()
            .filter_map(|at| {
                let listed = self.listed.get(at)?;
                let far = whole_metres(point.distance_m(listed.institution.point?))?;
                (far <= metres).then_some((far, listed))
            })
            .collect();
        found.sort_unstable_by_key(|(far, listed)| (*far, listed.at()));
        found
    }

    fn has(&self, now: &[(DistrictId, i64)]) -> bool {
        let seen = |district: DistrictId| self.seen.iter().find(|(of, _)| *of == district).map(|(_, seq)| *seq);
        !self.seen.is_empty() && now.iter().all(|(district, seq)| seen(*district).is_some_and(|seen| seen >= *seq))
    }

    /// Reads what has been written since, or everything.
    async fn follow(&mut self, c: &mut Conn<'_>, now: Vec<(DistrictId, i64)>) -> Result<(), NetworkError> {
        let seen: HashMap<DistrictId, i64> = self.seen.iter().copied().collect();
        let mut touched = Touched { anew: self.seen.is_empty(), ..Touched::default() };
        for (district, seq) in &now {
            let from = seen.get(district).copied().unwrap_or(0);
            if touched.anew || *seq <= from {
                continue;
            }
            let lines = journal::after(c, *district, from, LINES_MOST).await?;
            touched.anew |= i64::try_from(lines.len()).is_ok_and(|many| many == LINES_MOST);
            lines.iter().for_each(|line| touched.by(line, self));
        }
        if touched.anew {
            *self = Self::read(c).await?;
        } else {
            for at in touched.houses {
                self.read_one(c, at).await?;
            }
            if touched.grids {
                self.grids = read_grids(c).await?;
            }
        }
        self.seen = now;
        Ok(())
    }

    async fn read(c: &mut Conn<'_>) -> Result<Self, NetworkError> {
        let mut new = Self { grids: read_grids(c).await?, ..Self::default() };
        let (mut units, mut members) = (store::directory::units(c).await?, store::directory::memberships(c).await?);
        let changed = store::directory::changed(c, None).await?;
        let mut on_units = OnUnits::of(c, None).await?;
        for institution in store::institutions::everywhere(c).await? {
            let at = (institution.district, institution.id);
            new.put(Listed {
                changed: changed.get(&at).copied().unwrap_or(institution.valid_from),
                wards: units.remove(&at).unwrap_or_default().into_iter().map(|unit| on_units.ward(unit)).collect(),
                memberships: members.remove(&at).unwrap_or_default(),
                institution,
            });
        }
        Ok(new)
    }

    async fn read_one(&mut self, c: &mut Conn<'_>, at: At) -> Result<(), NetworkError> {
        let (district, id) = at;
        let Some(institution) = store::institutions::one(c, district, id).await? else { return Ok(()) };
        let changed = store::directory::changed(c, Some(at)).await?;
        let mut on_units = OnUnits::of(c, Some(at)).await?;
        let mut units = store::institutions::units(c, district, id).await?;
        units.sort_unstable_by_key(|unit| unit.id);
        let new = Listed {
            changed: changed.get(&at).copied().unwrap_or(institution.valid_from),
            wards: units.into_iter().map(|unit| on_units.ward(unit)).collect(),
            memberships: store::grids::memberships(c, district, id).await?,
            institution,
        };
        self.take_away(at);
        self.put(new);
        Ok(())
    }

    fn put(&mut self, new: Listed) {
        let at = new.at();
        self.institutions.insert(new.institution.id, at);
        self.units.extend(new.wards.iter().map(|ward| (ward.unit.id, at)));
        self.memberships.extend(new.memberships.iter().map(|one| (one.id, at)));
        if let Some(point) = new.institution.point {
            self.squares.entry(square(point)).or_default().insert(at);
        }
        self.listed.insert(at, new);
    }

    /// Nothing ever leaves the register but the square in which it stood.
    fn take_away(&mut self, at: At) {
        let old = self.listed.remove(&at).and_then(|old| old.institution.point);
        if let Some(institutions) = old.and_then(|point| self.squares.get_mut(&square(point))) {
            institutions.remove(&at);
        }
    }
}

async fn read_grids(c: &mut Conn<'_>) -> Result<BTreeMap<GridRef, (TreatmentGrid, Ts)>, NetworkError> {
    let all = store::directory::treatment_grids(c).await?;
    Ok(all.into_iter().map(|(grid, made)| (grid.at, (grid, made))).collect())
}

const fn square(point: Point) -> (i32, i32) {
    (point.lon_e7.div_euclid(SQUARE_E7), point.lat_e7.div_euclid(SQUARE_E7))
}

/// Metres as a whole number; nothing for what is no distance on this earth.
fn whole_metres(metres: f64) -> Option<i64> {
    format!("{metres:.0}").parse().ok()
}

/// What lines of the journal say that changed.
#[derive(Debug, Default)]
struct Touched {
    houses: BTreeSet<At>,
    grids: bool,
    anew: bool,
}

impl Touched {
    fn by(&mut self, line: &StoredLine, known: &Directory) {
        let told = |prefix| line.kind.starts_with(prefix);
        let of_beds = told("treatment.bed_") || told("treatment.conversion_");
        if told("treatment.grid_") {
            self.grids = true;
        } else if !of_beds && !store::directory::CHANGES.contains(&line.kind.as_str()) {
            return;
        }
        let facts = line.facts();
        let named = |name: &str| facts.get(name).and_then(serde_json::Value::as_str).and_then(|text| text.parse::<Uuid>().ok());
        let district = line.district_id;
        self.houses.extend([named("institution"), named("lead")].into_iter().flatten().map(|id| (district, InstitutionId(id))));
        let units = [line.subject_id, named("unit")].into_iter().flatten();
        self.houses.extend(units.filter_map(|id| known.units.get(&UnitId(id)).copied()));
        self.houses.extend(line.subject_id.map(|id| (district, InstitutionId(id))));
    }
}
