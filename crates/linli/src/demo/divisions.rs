//! The official divisions the demonstration stands on: subdistricts and communities with their codes and names.

use super::DemoError;

/// A subdistrict (街道) or a unit of its rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subdistrict {
    /// Nine digits.
    pub code: String,
    /// Official name.
    pub name: String,
    /// Its communities, by code.
    pub communities: Vec<Community>,
}

/// A community (社区居委会).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Community {
    /// Twelve digits.
    pub code: String,
    /// Official name.
    pub name: String,
}

impl Community {
    /// The name without the residents' committee: `梅园新村社区`.
    pub fn short_name(&self) -> &str {
        ["居民委员会", "居委会"].iter().find_map(|tail| self.name.strip_suffix(tail)).unwrap_or(&self.name)
    }

    /// Development zones are given "virtual communities" for the statistics (虚拟社区): nobody lives there by that name and
    /// there is no residents' committee.
    pub fn is_virtual(&self) -> bool {
        self.name.contains("虚拟")
    }
}

/// The district and everything under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divisions {
    /// Six digits.
    pub code: String,
    /// Official name.
    pub name: String,
    /// By code.
    pub subdistricts: Vec<Subdistrict>,
}

impl Divisions {
    /// Reads a table with a header that names at least `code` and `name`; the length of the code says the level.
    ///
    /// # Errors
    /// When the table cannot be read, names no or several districts, or a community has no subdistrict.
    pub fn read(csv: &str) -> Result<Self, DemoError> {
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let headers = reader.headers().map_err(|e| DemoError::Divisions(e.to_string()))?.clone();
        let column =
            |name: &str| headers.iter().position(|h| h == name).ok_or_else(|| DemoError::Divisions(format!("no column {name}")));
        let (code_at, name_at) = (column("code")?, column("name")?);
        let mut rows: Vec<(String, String)> = Vec::new();
        for row in reader.records() {
            let row = row.map_err(|e| DemoError::Divisions(e.to_string()))?;
            let (Some(code), Some(name)) = (row.get(code_at), row.get(name_at)) else { continue };
            rows.push((code.to_owned(), name.to_owned()));
        }
        rows.sort();
        Self::from_rows(&rows)
    }

    fn from_rows(rows: &[(String, String)]) -> Result<Self, DemoError> {
        let mut districts = rows.iter().filter(|(code, _)| code.len() == 6);
        let (Some((code, name)), None) = (districts.next(), districts.next()) else {
            return Err(DemoError::Divisions("exactly one district is needed".to_owned()));
        };
        let mut subdistricts: Vec<Subdistrict> = rows
            .iter()
            .filter(|(code, _)| code.len() == 9)
            .map(|(code, name)| Subdistrict { code: code.clone(), name: name.clone(), communities: Vec::new() })
            .collect();
        for (code, name) in rows.iter().filter(|(code, _)| code.len() == 12) {
            let above = subdistricts
                .iter_mut()
                .find(|s| code.starts_with(&s.code))
                .ok_or_else(|| DemoError::Divisions(format!("{code} has no subdistrict")))?;
            above.communities.push(Community { code: code.clone(), name: name.clone() });
        }
        Ok(Self { code: code.clone(), name: name.clone(), subdistricts })
    }

    /// All communities in which people live, by code, each with its subdistrict.
    pub fn lived_in(&self) -> impl Iterator<Item = (&Subdistrict, &Community)> {
        self.subdistricts.iter().flat_map(|s| s.communities.iter().filter(|c| !c.is_virtual()).map(move |c| (s, c)))
    }
}
