//! Mapping files: those that ship, and those that somebody wrote.

use std::sync::Arc;

use linli_cases::import as cases;
use linli_geo::Crs;
use linli_people::import::PeopleKind;
use linli_sheet::{Mapping, MappingError, Schema};
use linli_territory::import::{self as territory, SheetKind};
use linli_treatment::import::{MAPPINGS, NetworkKind};

use crate::cli::ImportKind;

/// A mapping that ships.
pub struct Shipped {
    /// Its name on the command line and in the form.
    pub name: &'static str,
    /// What it is for.
    pub kind: ImportKind,
    text: &'static str,
}

/// The mappings that ship.
pub const SHIPPED: [Shipped; 10] = [
    Shipped { name: "la-311", kind: ImportKind::Cases, text: cases::LA_311 },
    Shipped { name: "nyc-311", kind: ImportKind::Cases, text: cases::NYC_311 },
    Shipped { name: "harbin-estates", kind: ImportKind::Estates, text: territory::PROPERTY_SITE_ESTATES },
    of_network(&MAPPINGS[0]),
    of_network(&MAPPINGS[1]),
    of_network(&MAPPINGS[2]),
    of_network(&MAPPINGS[3]),
    of_network(&MAPPINGS[4]),
    of_network(&MAPPINGS[5]),
    of_network(&MAPPINGS[6]),
];

/// A mapping that the treatment network ships.
const fn of_network(shipped: &(&'static str, NetworkKind, &'static str)) -> Shipped {
    Shipped { name: shipped.0, kind: of_rows(shipped.1), text: shipped.2 }
}

/// What rows of the treatment network are called here.
const fn of_rows(kind: NetworkKind) -> ImportKind {
    match kind {
        NetworkKind::Institutions => ImportKind::Institutions,
        NetworkKind::Returns => ImportKind::Returns,
        NetworkKind::TreatmentGrids => ImportKind::TreatmentGrids,
        NetworkKind::GridMembers => ImportKind::GridMembers,
        NetworkKind::Catchments => ImportKind::Catchments,
        NetworkKind::Staff => ImportKind::Staff,
        NetworkKind::Beds => ImportKind::Beds,
    }
}

/// What the rows of a kind are to the treatment network, where they are any of its.
pub(super) const fn network_kind(kind: ImportKind) -> Option<NetworkKind> {
    Some(match kind {
        ImportKind::Institutions => NetworkKind::Institutions,
        ImportKind::Returns => NetworkKind::Returns,
        ImportKind::TreatmentGrids => NetworkKind::TreatmentGrids,
        ImportKind::GridMembers => NetworkKind::GridMembers,
        ImportKind::Catchments => NetworkKind::Catchments,
        ImportKind::Staff => NetworkKind::Staff,
        ImportKind::Beds => NetworkKind::Beds,
        _ => return None,
    })
}

/// Which columns are which.
#[derive(Debug, Clone, Default)]
pub enum Choice {
    /// The file has the own columns.
    #[default]
    Own,
    /// A mapping file.
    Toml(String),
}

impl Choice {
    /// The mapping that ships under a name.
    #[must_use]
    pub fn shipped(name: &str) -> Option<Self> {
        SHIPPED.iter().find(|shipped| shipped.name == name).map(|shipped| Self::Toml(shipped.text.to_owned()))
    }

    /// The mapping itself.
    ///
    /// # Errors
    /// With the key of the mapping file that is wrong.
    pub(super) fn mapping(&self, kind: ImportKind, crs: Option<Crs>) -> Result<Mapping, MappingError> {
        match self {
            Self::Toml(text) => Mapping::from_toml(text, &schema(kind)),
            Self::Own => Ok(match sheet_kind(kind) {
                Some(sheet) => sheet.own_mapping(),
                None => Mapping::by_name(&schema(kind), crs),
            }),
        }
    }
}

/// The kinds of the ground that are read as tables.
pub(super) const fn sheet_kind(kind: ImportKind) -> Option<SheetKind> {
    match kind {
        ImportKind::Estates => Some(SheetKind::Estates),
        ImportKind::Homes => Some(SheetKind::Homes),
        ImportKind::Components => Some(SheetKind::Components),
        ImportKind::Grids => Some(SheetKind::Grids),
        _ => None,
    }
}

fn schema(kind: ImportKind) -> Arc<Schema> {
    match kind {
        ImportKind::Divisions => territory::division_schema(),
        ImportKind::Estates => SheetKind::Estates.schema(),
        ImportKind::Homes => SheetKind::Homes.schema(),
        ImportKind::Components => SheetKind::Components.schema(),
        ImportKind::Grids => SheetKind::Grids.schema(),
        ImportKind::Boundaries => territory::boundary_schema(),
        ImportKind::People => PeopleKind::People.schema(),
        ImportKind::Appointments => PeopleKind::Appointments.schema(),
        ImportKind::Cases => cases::schema(),
        ImportKind::Classes => cases::classes::schema(),
        ImportKind::Hotline => cases::ticket_schema(),
        ImportKind::Institutions => NetworkKind::Institutions.schema(),
        ImportKind::Returns => NetworkKind::Returns.schema(),
        ImportKind::TreatmentGrids => NetworkKind::TreatmentGrids.schema(),
        ImportKind::GridMembers => NetworkKind::GridMembers.schema(),
        ImportKind::Catchments => NetworkKind::Catchments.schema(),
        ImportKind::Staff => NetworkKind::Staff.schema(),
        ImportKind::Beds => NetworkKind::Beds.schema(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mapping_that_ships_fits_its_kind() {
        for shipped in &SHIPPED {
            let mapping = Choice::shipped(shipped.name).unwrap().mapping(shipped.kind, None);
            assert!(mapping.is_ok(), "{}: {mapping:?}", shipped.name);
        }
        assert!(Choice::shipped("nowhere").is_none());
    }

    #[test]
    fn the_mapping_in_the_handbook_is_one() {
        for book in [include_str!("../../../../docs/book/zh/import.md"), include_str!("../../../../docs/book/en/import.md")] {
            let text = book.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
            let mapping = Choice::Toml(text.to_owned()).mapping(ImportKind::Estates, None);
            assert!(mapping.is_ok(), "{mapping:?}");
        }
    }

    #[test]
    fn a_mapping_of_another_kind_is_refused_by_its_key() {
        let error = Choice::Toml(cases::LA_311.to_owned()).mapping(ImportKind::Homes, None).unwrap_err();
        assert_eq!(error.key, "kind");
    }
}
