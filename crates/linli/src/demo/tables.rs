//! The demonstration as the files that anybody could import: nothing gets in by another door.

use super::DemoError;
use super::estates::Estate;
use super::grids::Grid;
use super::houses::Building;
use super::staff::Staff;

/// The import files, each a CSV text with its header, in the order in which they must be imported.
#[derive(Debug, Clone)]
pub struct Tables {
    /// `estates`.
    pub estates: String,
    /// `homes`, which also makes buildings and entrances.
    pub homes: String,
    /// `grids`.
    pub grids: String,
    /// `people`, which also makes organisations.
    pub people: String,
    /// `appointments`.
    pub appointments: String,
}

/// Where rows of a table go.
pub type Out = csv::Writer<Vec<u8>>;

/// Writes all tables.
///
/// # Errors
/// Never in practice: the writer goes to memory. The reason is passed on all the same.
pub fn write(estates: &[Estate], houses: &[Vec<Building>], grids: &[Grid], staff: &Staff) -> Result<Tables, DemoError> {
    Ok(Tables {
        estates: table(|out| estate_rows(out, estates))?,
        homes: table(|out| home_rows(out, estates, houses))?,
        grids: table(|out| grid_rows(out, grids))?,
        people: table(|out| person_rows(out, staff))?,
        appointments: table(|out| appointment_rows(out, staff))?,
    })
}

/// A CSV text.
pub fn table(rows: impl FnOnce(&mut Out) -> csv::Result<()>) -> Result<String, DemoError> {
    let mut out = csv::Writer::from_writer(Vec::new());
    rows(&mut out).map_err(|e| DemoError::Table(e.to_string()))?;
    let bytes = out.into_inner().map_err(|e| DemoError::Table(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| DemoError::Table(e.to_string()))
}

/// Hundredths of a square metre as `86.55`.
fn square_metres(area: i64) -> String {
    format!("{}.{:02}", area / 100, area % 100)
}

fn estate_rows(out: &mut Out, estates: &[Estate]) -> csv::Result<()> {
    out.write_record([
        "estate_code",
        "community_code",
        "name",
        "kind",
        "year_built",
        "area_m2",
        "households",
        "management",
        "manager_name",
        "manager_credit_code",
        "managed_since",
        "lon",
        "lat",
        "crs",
    ])?;
    for e in estates {
        out.write_record([
            e.code.as_str(),
            &e.community,
            &e.name,
            e.kind.as_str(),
            &e.year_built.to_string(),
            &square_metres(e.area),
            &e.households.to_string(),
            e.management.as_str(),
            e.manager.as_ref().map_or("", |m| &m.name),
            e.manager.as_ref().map_or("", |m| &m.credit_code),
            e.managed_since.as_deref().unwrap_or_default(),
            &format!("{:.7}", e.lon),
            &format!("{:.7}", e.lat),
            "WGS-84",
        ])?;
    }
    Ok(())
}

fn home_rows(out: &mut Out, estates: &[Estate], houses: &[Vec<Building>]) -> csv::Result<()> {
    out.write_record(["estate_code", "building", "entrance", "floor", "room", "area_m2"])?;
    for (estate, buildings) in estates.iter().zip(houses) {
        for building in buildings {
            for entrance in &building.entrances {
                for home in &entrance.homes {
                    out.write_record([
                        estate.code.as_str(),
                        &building.name,
                        &entrance.name,
                        &home.floor.to_string(),
                        &home.room(),
                        &square_metres(home.area),
                    ])?;
                }
            }
        }
    }
    Ok(())
}

fn grid_rows(out: &mut Out, grids: &[Grid]) -> csv::Result<()> {
    out.write_record(["grid_code", "name", "community_code", "covers"])?;
    for grid in grids {
        out.write_record([grid.code.as_str(), &grid.name, &grid.community, &grid.covers.join(";")])?;
    }
    Ok(())
}

fn person_rows(out: &mut Out, staff: &Staff) -> csv::Result<()> {
    out.write_record([
        "person_code",
        "name",
        "organisation_kind",
        "organisation_name",
        "organisation_credit_code",
        "work_phone",
    ])?;
    for person in &staff.persons {
        let Some(organisation) = staff.organisations.get(person.organisation) else { continue };
        out.write_record([
            person.code.as_str(),
            &person.name,
            organisation.kind,
            &organisation.name,
            &organisation.credit_code,
            &person.work_phone,
        ])?;
    }
    Ok(())
}

fn appointment_rows(out: &mut Out, staff: &Staff) -> csv::Result<()> {
    out.write_record(["person_code", "organisation_name", "role", "title", "place", "grid_code", "public_phone", "from", "to"])?;
    for a in &staff.appointments {
        let (Some(person), Some(organisation)) = (staff.persons.get(a.person), staff.organisations.get(a.organisation)) else {
            continue;
        };
        out.write_record([
            person.code.as_str(),
            &organisation.name,
            a.role,
            &a.title,
            &a.place,
            a.grid.as_deref().unwrap_or_default(),
            if a.public_phone { person.work_phone.as_str() } else { "" },
            &a.from,
            a.to.as_deref().unwrap_or_default(),
        ])?;
    }
    Ok(())
}
