//! The public logs beside the database: their keys at the first start, and what is kept of them in the folder.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use linli_access::Ctx;
use linli_db::Db;
use linli_kernel::DistrictId;
use linli_record::model::LogId;
use linli_record::{LogKeeper, Witness};

use crate::Machine;

/// Keeps the newest checkpoint of each log in a file of the folder, so that a database that is older than what was signed is noticed.
#[derive(Debug, Clone)]
pub struct InFolder(pub PathBuf);

impl InFolder {
    fn file(&self, log: LogId) -> PathBuf {
        self.0.join(format!("log-{log}.checkpoint"))
    }
}

impl Witness for InFolder {
    fn last(&self, log: LogId) -> Result<Option<String>, String> {
        let file = self.file(log);
        match fs::read_to_string(&file) {
            Ok(note) => Ok(Some(note)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{}: {error}", file.display())),
        }
    }

    fn keep(&self, log: LogId, note: &str) -> Result<(), String> {
        let file = self.file(log);
        let draft = file.with_extension("draft");
        // Renamed, so that what is there is whole whatever happens meanwhile.
        let kept = fs::File::create(&draft).and_then(|mut out| {
            out.write_all(note.as_bytes())?;
            out.sync_all()?;
            fs::rename(&draft, &file)
        });
        kept.map_err(|error| format!("{}: {error}", file.display()))
    }
}

/// Makes the keys of the logs that have none, and shows them: whoever wants to check a log later has its key from here, from the page of the log or from paper.
///
/// # Errors
/// Store errors.
pub async fn begin(machine: &Machine, db: &Db, keeper: &LogKeeper) -> anyhow::Result<()> {
    let ctx = Ctx::system("start", machine.clock.clone(), machine.rng.clone());
    let mut districts = vec![DistrictId::CITY];
    for district in linli_territory::queries::districts(&mut db.read().await?.conn()).await? {
        if district.id != DistrictId::CITY {
            districts.push(district.id);
        }
    }
    for head in linli_record::commands::open_all(&ctx, db, keeper, &districts).await? {
        writeln!(std::io::stdout(), "The public log {} has the key {}", head.origin, head.key)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let (witness, log) = (InFolder(folder.path().to_owned()), LogId { district: DistrictId(1), no: 1 });
        assert_eq!(witness.last(log), Ok(None));
        witness.keep(log, "one").unwrap();
        witness.keep(log, "two").unwrap();
        assert_eq!(witness.last(log), Ok(Some("two".to_owned())));
        assert_eq!(witness.last(LogId { no: 2, ..log }), Ok(None));
        assert!(InFolder(folder.path().join("not there")).keep(log, "one").is_err());
    }
}
