//! Reading cells as people write them: units after numbers, several forms of a date, many words for "not known".

use jiff::civil::Date;
use linli_geo::{Crs, GeoError, Geometry, Point};
use linli_kernel::Area;

use super::Row;
use crate::error::Problem;

/// What people write when they do not know. `无` (none) is not among them: of a manager it says that there is none.
const UNKNOWN: &[&str] = &[
    "",
    "-",
    "--",
    "/",
    "暂无",
    "暂无信息",
    "暂无数据",
    "不详",
    "未知",
    "N/A",
    "n/a",
    "NA",
    "null",
    "NULL",
    "None",
    "Unspecified",
];

/// The text of a cell without blanks around it; `None` when it is absent, empty or says that it is not known.
pub(super) fn text<'a>(row: &'a impl Row, column: &'static str) -> Option<&'a str> {
    row.cell(column).map(str::trim).filter(|t| !UNKNOWN.contains(t))
}

/// A text that must be there.
pub(super) fn required(row: &impl Row, column: &'static str) -> Result<String, Problem> {
    text(row, column).map(ToOwned::to_owned).ok_or_else(|| Problem::new(column, "missing", ""))
}

/// A whole number, with its unit behind it if there is one: `3005户`, `65栋`, `1,234`, `12.0`.
pub(super) fn whole(row: &impl Row, column: &'static str, units: &[&str]) -> Result<Option<i64>, Problem> {
    let Some(raw) = text(row, column) else { return Ok(None) };
    let plain = without_unit(&half_width(raw), units).replace(',', "");
    let plain = plain.strip_suffix(".0").unwrap_or(&plain);
    plain.trim().parse().map(Some).map_err(|_| Problem::new(column, "number", raw))
}

/// An area in m²: `86.5`, `86.50平方米`, `47,000 m²`.
pub(super) fn area(row: &impl Row, column: &'static str) -> Result<Option<Area>, Problem> {
    let Some(raw) = text(row, column) else { return Ok(None) };
    let plain = without_unit(&half_width(raw), &["平方米", "平米", "㎡", "m²", "m2", "m^2"]).replace(',', "");
    // Zeros beyond the second decimal say nothing.
    let plain = match plain.trim().split_once('.') {
        Some((whole, decimals)) if decimals.len() > 2 => format!("{whole}.{}", decimals.trim_end_matches('0')),
        _ => plain.trim().to_owned(),
    };
    let plain = plain.strip_suffix('.').unwrap_or(&plain);
    Area::parse(plain).map(Some).ok_or_else(|| Problem::new(column, "area", raw))
}

/// A day: `2020-07-01`, `2020/7/1`, `2020.7.1`, `20200701`, `2020年7月1日`, each with or without a time behind it. Year first:
/// other orders cannot be told apart and are refused.
pub(super) fn day(row: &impl Row, column: &'static str) -> Result<Option<Date>, Problem> {
    let Some(raw) = text(row, column) else { return Ok(None) };
    let wrong = |what| Problem::new(column, what, raw);
    let plain = half_width(raw);
    let plain = plain.split([' ', 'T']).next().unwrap_or_default();
    let parts: Vec<&str> = if plain.len() == 8 && plain.bytes().all(|b| b.is_ascii_digit()) {
        [plain.get(..4), plain.get(4..6), plain.get(6..)].into_iter().flatten().collect()
    } else {
        plain.split(['-', '/', '.', '年', '月', '日']).filter(|p| !p.is_empty()).collect()
    };
    let [year, month, day] = parts.as_slice() else { return Err(wrong("date")) };
    if year.len() != 4 {
        return Err(wrong("date"));
    }
    let (year, month, day) = (year.parse(), month.parse(), day.parse());
    let (Ok(year), Ok(month), Ok(day)) = (year, month, day) else { return Err(wrong("date")) };
    Date::new(year, month, day).map(Some).map_err(|_| wrong("no_such_date"))
}

/// A word of a closed list, in the own form or as the field says it.
pub(super) fn word<T>(row: &impl Row, column: &'static str, parse: fn(&str) -> Option<T>) -> Result<Option<T>, Problem> {
    match text(row, column) {
        None => Ok(None),
        Some(raw) => parse(raw).map(Some).ok_or_else(|| Problem::new(column, "unknown_word", raw)),
    }
}

/// A point from `lon`, `lat` and `crs`, converted to WGS-84.
pub(super) fn point(row: &impl Row, default: Option<Crs>) -> Result<Option<Point>, Problem> {
    if let Some(point) = row.located() {
        return Ok(Some(point));
    }
    let (lon, lat) = (text(row, "lon"), text(row, "lat"));
    let (lon, lat) = match (lon, lat) {
        (None, None) => return from_geometry(row, default),
        (Some(_), None) => return Err(Problem::new("lat", "missing", "")),
        (None, Some(_)) => return Err(Problem::new("lon", "missing", "")),
        (Some(lon), Some(lat)) => (degrees("lon", lon)?, degrees("lat", lat)?),
    };
    system(row, default)?.point(lon, lat).map(Some).map_err(|e| misplaced("lon", &e))
}

/// The point of a GeoJSON feature.
fn from_geometry(row: &impl Row, default: Option<Crs>) -> Result<Option<Point>, Problem> {
    let Some(geometry) = text(row, "geometry") else { return Ok(None) };
    match linli_geo::parse_geometry(geometry, system(row, default)?, &linli_geo::Limits::default()) {
        Ok(Geometry::Point(point)) => Ok(Some(point)),
        Ok(Geometry::Shape(_)) => Err(Problem::new("geometry", "not_a_point", "")),
        Err(e) => Err(misplaced("geometry", &e)),
    }
}

fn system(row: &impl Row, default: Option<Crs>) -> Result<Crs, Problem> {
    match text(row, "crs") {
        Some(name) => Crs::parse(name).map_err(|_| Problem::new("crs", "crs_unknown", name)),
        None => default.ok_or_else(|| Problem::new("crs", "crs_missing", "")),
    }
}

/// What is wrong with coordinates or a geometry.
pub(super) fn misplaced(field: &'static str, error: &GeoError) -> Problem {
    match error {
        GeoError::OutOfRange { lon, lat, swapped: true } => Problem::new(field, "coordinates_swapped", format!("{lon}, {lat}")),
        GeoError::OutOfRange { lon, lat, .. } => Problem::new(field, "coordinates", format!("{lon}, {lat}")),
        GeoError::Field { field: at, .. } if error.swapped() => Problem::new(field, "coordinates_swapped", at.clone()),
        other => Problem::new(field, "geometry", other.to_string()),
    }
}

fn degrees(column: &'static str, raw: &str) -> Result<f64, Problem> {
    half_width(raw).parse().ok().filter(|d: &f64| d.is_finite()).ok_or_else(|| Problem::new(column, "number", raw))
}

fn without_unit(text: &str, units: &[&str]) -> String {
    let text = text.trim();
    units.iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(text).trim().to_owned()
}

/// Full-width digits and signs as half-width ones.
fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            '\u{3000}' => ' ',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct One(&'static str);

    impl Row for One {
        fn line(&self) -> u64 {
            2
        }
        fn cell(&self, column: &str) -> Option<&str> {
            (column == "x").then_some(self.0)
        }
    }

    #[test]
    fn numbers_come_with_units_or_are_not_known() {
        for (cell, value) in [
            ("3005户", Some(3005)),
            (" 65 栋 ", Some(65)),
            ("1,234", Some(1234)),
            ("１２", Some(12)),
            ("12.0", Some(12)),
            ("暂无信息", None),
            ("-1", Some(-1)),
        ] {
            assert_eq!(whole(&One(cell), "x", &["户", "栋"]).unwrap(), value, "{cell}");
        }
        for cell in ["约300户", "12.5", "三百", "3至5"] {
            assert_eq!(whole(&One(cell), "x", &["户"]).unwrap_err().what, "number", "{cell}");
        }
        assert_eq!(whole(&One("1"), "absent", &[]).unwrap(), None);
    }

    #[test]
    fn areas_keep_two_decimals_and_refuse_more() {
        for (cell, value) in [("86.5", 8650), ("86.500 ㎡", 8650), ("47,000平方米", 4_700_000), ("90.000", 9000)] {
            assert_eq!(area(&One(cell), "x").unwrap(), Some(Area(value)), "{cell}");
        }
        for cell in ["86.555", "-5", "80*2"] {
            assert_eq!(area(&One(cell), "x").unwrap_err().what, "area", "{cell}");
        }
    }

    #[test]
    fn days_have_the_year_first_and_exist() {
        for cell in ["2020-07-01", "2020/7/1", "2020.7.1", "20200701", "2020年7月1日", "2020-07-01 08:00", "2020-07-01T00:00:00"]
        {
            assert_eq!(day(&One(cell), "x").unwrap(), Some(jiff::civil::date(2020, 7, 1)), "{cell}");
        }
        for (cell, what) in [
            ("2021-02-29", "no_such_date"),
            ("2021-13-01", "no_such_date"),
            ("1/7/2020", "date"),
            ("7月", "date"),
            ("20-07-01", "date"),
        ] {
            assert_eq!(day(&One(cell), "x").unwrap_err().what, what, "{cell}");
        }
    }

    struct At(&'static str, &'static str, &'static str);

    impl Row for At {
        fn line(&self) -> u64 {
            2
        }
        fn cell(&self, column: &str) -> Option<&str> {
            Some(match column {
                "lon" => self.0,
                "lat" => self.1,
                _ => self.2,
            })
        }
    }

    #[test]
    fn a_point_needs_its_coordinate_system() {
        assert_eq!(point(&At("", "", ""), None).unwrap(), None);
        assert_eq!(point(&At("118.79", "32.05", ""), None).unwrap_err().what, "crs_missing");
        assert_eq!(point(&At("118.79", "32.05", "北京54"), None).unwrap_err().what, "crs_unknown");
        assert_eq!(point(&At("118.79", "", "wgs84"), None).unwrap_err().field, "lat");
        assert_eq!(point(&At("32.05", "118.79", "wgs84"), None).unwrap_err().what, "coordinates_swapped");
        assert_eq!(point(&At("218.79", "99", "wgs84"), None).unwrap_err().what, "coordinates");
        let plain = point(&At("118.79", "32.05", ""), Some(Crs::Wgs84)).unwrap().unwrap();
        let shifted = point(&At("118.79", "32.05", "gcj02"), Some(Crs::Wgs84)).unwrap().unwrap();
        assert!(shifted.lon_e7 < plain.lon_e7 && shifted.lat_e7 > plain.lat_e7, "the row's own word counts");
    }
}
