//! What is done for one district after the other: one that fails holds up none behind it.

use anyhow::Context as _;
use linli_db::Db;
use linli_kernel::DistrictId;

/// All districts, without the city.
///
/// # Errors
/// Store errors.
pub async fn all(db: &Db) -> anyhow::Result<Vec<DistrictId>> {
    let found = linli_territory::queries::districts(&mut db.read().await?.conn()).await?;
    Ok(found.into_iter().map(|district| district.id).filter(|id| *id != DistrictId::CITY).collect())
}

/// What came of it, district by district.
#[derive(Debug)]
pub struct Tally {
    what: &'static str,
    sum: u64,
    failed: Vec<(DistrictId, anyhow::Error)>,
}

impl Tally {
    /// Of something that is about to be done.
    pub const fn of(what: &'static str) -> Self {
        Self { what, sum: 0, failed: Vec::new() }
    }

    /// A district is done, or could not be.
    pub fn note(&mut self, district: DistrictId, outcome: anyhow::Result<u64>) {
        match outcome {
            Ok(done) => self.sum += done,
            Err(error) => {
                let (what, error_text) = (self.what, format!("{error:#}"));
                tracing::warn!(%district, what, error = %error_text, "a district could not be done; the others go on");
                self.failed.push((district, error));
            }
        }
    }

    /// What was done in all.
    ///
    /// # Errors
    /// The first that failed, and how many did.
    pub fn end(self) -> anyhow::Result<u64> {
        let (what, many) = (self.what, self.failed.len());
        match self.failed.into_iter().next() {
            None => Ok(self.sum),
            Some((district, error)) => Err(error).with_context(|| format!("{what}: {many} districts failed, first {district}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DistrictId, Tally};

    #[test]
    fn a_district_that_fails_holds_up_none_behind_it() {
        let mut tally = Tally::of("reminding");
        for (code, outcome) in [(320_102, Ok(3)), (320_104, Err(anyhow::anyhow!("unreadable"))), (320_105, Ok(4))] {
            tally.note(DistrictId(code), outcome);
        }
        assert_eq!(tally.sum, 7, "what the others did is lost");
        let told = format!("{:#}", tally.end().unwrap_err());
        assert!(
            told.contains("reminding: 1 districts failed") && told.contains("320104") && told.contains("unreadable"),
            "{told}"
        );
    }

    #[test]
    fn all_done_is_a_sum() {
        let mut tally = Tally::of("reminding");
        tally.note(DistrictId::CITY, Ok(2));
        tally.note(DistrictId::CITY, Ok(5));
        assert_eq!(tally.end().unwrap(), 7);
    }
}
