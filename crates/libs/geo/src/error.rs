//! What can be wrong with coordinates and outlines.

use linli_kernel::{Code, Status};

/// Why coordinates or an outline were refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GeoError {
    /// A coordinate is not a number in the range of longitudes and latitudes.
    #[error("coordinate out of range: longitude {lon}, latitude {lat}{}", if *.swapped { " (are the two swapped?)" } else { "" })]
    OutOfRange {
        /// The longitude as given, degrees.
        lon: f64,
        /// The latitude as given, degrees.
        lat: f64,
        /// Whether the numbers would be valid the other way round.
        swapped: bool,
    },
    /// The name of a coordinate reference system is not known.
    #[error("unknown coordinate system `{0}`: use wgs84, cgcs2000, gcj02 or bd09")]
    UnknownCrs(String),
    /// The text is not JSON.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// A member is missing or of the wrong kind.
    #[error("{}`{field}`: {problem}", place(*.feature))]
    Field {
        /// Position of the feature in the file, counted from 1; `None` for the file itself.
        feature: Option<usize>,
        /// The member, as a path from the feature, such as `geometry.coordinates[0][3]`.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Larger than the limits allow.
    #[error("{}too large: {what} {actual}, at most {limit}", place(*.feature))]
    TooLarge {
        /// Position of the feature in the file, counted from 1; `None` for the file itself.
        feature: Option<usize>,
        /// What was counted.
        what: &'static str,
        /// How many there are.
        actual: usize,
        /// How many there may be.
        limit: usize,
    },
}

fn place(feature: Option<usize>) -> String {
    feature.map_or_else(String::new, |n| format!("feature {n}: "))
}

/// What an error says when the numbers would be valid the other way round.
const SWAPPED: &str = "are the two swapped?";

impl GeoError {
    /// Whether longitude and latitude were probably swapped.
    #[must_use]
    pub fn swapped(&self) -> bool {
        match self {
            Self::OutOfRange { swapped, .. } => *swapped,
            Self::Field { problem, .. } => problem.contains(SWAPPED),
            _ => false,
        }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::OutOfRange { .. } => Code::new("geo.out_of_range", Status::Invalid),
            Self::UnknownCrs(_) => Code::new("geo.unknown_crs", Status::Invalid),
            Self::NotJson(_) => Code::new("geo.not_json", Status::Malformed),
            Self::Field { .. } => Code::new("geo.field", Status::Invalid),
            Self::TooLarge { .. } => Code::new("geo.too_large", Status::TooLarge),
        }
    }

    /// The values for the text of [`GeoError::code`]. Feature 0 is the file itself.
    #[must_use]
    pub fn args(&self) -> Vec<(&'static str, String)> {
        let number = |feature: &Option<usize>| feature.unwrap_or(0).to_string();
        match self {
            Self::OutOfRange { lon, lat, .. } => vec![("lon", lon.to_string()), ("lat", lat.to_string())],
            Self::UnknownCrs(name) => vec![("name", name.clone())],
            Self::NotJson(detail) => vec![("detail", detail.clone())],
            Self::Field { feature, field, problem } => {
                vec![("feature", number(feature)), ("field", field.clone()), ("detail", problem.clone())]
            }
            Self::TooLarge { feature, what, actual, limit } => vec![
                ("feature", number(feature)),
                ("what", (*what).into()),
                ("actual", actual.to_string()),
                ("limit", limit.to_string()),
            ],
        }
    }

    pub(crate) fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Field { feature: None, field: field.into(), problem: problem.into() }
    }

    pub(crate) fn in_feature(self, number: usize) -> Self {
        match self {
            Self::Field { feature: None, field, problem } => Self::Field { feature: Some(number), field, problem },
            Self::TooLarge { feature: None, what, actual, limit } => {
                Self::TooLarge { feature: Some(number), what, actual, limit }
            }
            other => other,
        }
    }
}
