//! Files of the data folder: `calendar/*.json` and `rules/*.toml`. Looked at when the program starts.

use std::path::Path;

use linli_access::Ctx;
use linli_db::Db;
use linli_kernel::DistrictId;

use crate::error::SettingsError;
use crate::standing::Standing;
use crate::{commands, rules, store};

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// Its name with the folder: `rules/clocks.toml`.
    pub name: String,
    /// Why it was refused; `None` when it was taken.
    pub problem: Option<String>,
}

/// Takes the files that have not been taken yet with what is in them now, each in a transaction of its own, in the order of their
/// names. A file that is wrong is refused and what was in force stays; the others are taken all the same. A file that is gone
/// changes nothing: what it brought is taken back on the pages.
///
/// # Errors
/// When a folder cannot be read; store errors.
pub async fn take(ctx: &Ctx, db: &Db, standing: &Standing, data: &Path) -> Result<Vec<Looked>, SettingsError> {
    let mut all = Vec::new();
    for (folder, ending) in [("calendar", "json"), ("rules", "toml")] {
        for (name, text) in files(data, folder, ending).await {
            if let Some(looked) = take_one(ctx, db, standing, &name, text).await? {
                if let Some(problem) = &looked.problem {
                    tracing::error!(file = looked.name, %problem, "a file was refused; what was in force stays");
                }
                all.push(looked);
            }
        }
    }
    standing.refresh(db, ctx.now()).await?;
    Ok(all)
}

/// The files of a folder with their texts; a reason instead where one cannot be read.
async fn files(data: &Path, folder: &str, ending: &str) -> Vec<(String, Result<String, String>)> {
    let mut found = Vec::new();
    // No such folder: nothing was put there.
    let Ok(mut entries) = tokio::fs::read_dir(data.join(folder)).await else { return found };
    while let Ok(Some(entry)) = entries.next_entry().await {
        let path = entry.path();
        if path.extension().is_none_or(|e| e != ending) {
            continue;
        }
        let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
        let text = match tokio::fs::read(&path).await {
            Ok(bytes) if bytes.len() > rules::FILE_BYTES => Err(format!("longer than {} bytes", rules::FILE_BYTES)),
            Ok(bytes) => String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        found.push((name, text));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// Takes one file; `None` when it was taken before as it is.
async fn take_one(
    ctx: &Ctx,
    db: &Db,
    standing: &Standing,
    name: &str,
    text: Result<String, String>,
) -> Result<Option<Looked>, SettingsError> {
    let digest = rules::digest(text.as_deref().unwrap_or_default());
    let known = store::file(&mut db.read().await?.conn(), name).await?;
    if known.is_some_and(|(before, problem)| before == digest && problem.is_none()) {
        return Ok(None);
    }
    let problem = match text {
        Err(problem) => Some(problem),
        Ok(text) => {
            let mut tx = db.begin(DistrictId::CITY).await?;
            let source = format!("file:{name}");
            let taken = if name.starts_with("rules/") {
                commands::take_pack(ctx, &mut tx, standing, (name, &text), &source).await.map(|_| ())
            } else {
                commands::take_calendar(ctx, &mut tx, &text, (rules::year_in_name(name), &source)).await.map(|_| ())
            };
            match taken {
                Ok(()) => {
                    commands::note_file(ctx, &mut tx, name, &digest, None).await?;
                    tx.commit().await?;
                    None
                }
                Err(SettingsError::Db(error)) => return Err(error.into()),
                Err(refusal) => Some(refusal.to_string()),
            }
        }
    };
    if let Some(problem) = &problem {
        let mut tx = db.begin(DistrictId::CITY).await?;
        commands::note_file(ctx, &mut tx, name, &digest, Some(problem)).await?;
        tx.commit().await?;
    }
    Ok(Some(Looked { name: name.to_owned(), problem }))
}
