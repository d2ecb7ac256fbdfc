//! One file that holds everything: database, photos, key. And back again.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use linli_db::{BlobHash, Db, DbConfig, Engine};

/// The database inside the backup of a SQLite installation.
const SQLITE_ENTRY: &str = "linli.db";
/// The database inside the backup of a PostgreSQL installation, in `pg_dump` custom format.
const POSTGRES_ENTRY: &str = "linli.pgdump";
/// The key outside the database, without which sealed phones and ID numbers cannot be read.
pub const KEY_FILE: &str = "linli.key";

/// Writes a backup file. The database is copied first and the photos after it, so that every photo the copy names is there.
pub async fn backup(config: &DbConfig, to: &Path, with_key: bool) -> anyhow::Result<()> {
    ensure!(!to.exists(), "{} exists; a backup never overwrites another", to.display());
    let db = Db::open(config).await?;
    let folder = tempfile::Builder::new()
        .prefix("linli-backup")
        .tempdir_in(to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
    let (entry, copy) = match db.engine() {
        Engine::Sqlite => {
            let copy = folder.path().join(SQLITE_ENTRY);
            db.copy_sqlite_to(&copy).await?;
            (SQLITE_ENTRY, copy)
        }
        Engine::Postgres => {
            let copy = folder.path().join(POSTGRES_ENTRY);
            dump_postgres(config.url.as_deref().unwrap_or_default(), &copy)?;
            (POSTGRES_ENTRY, copy)
        }
    };
    let draft = folder.path().join("draft.tar");
    let file = private_file(&draft)?;
    let mut tar = tar::Builder::new(file);
    tar.append_path_with_name(&copy, entry).context("the database could not be copied into the backup")?;
    let key = config.folder.join(KEY_FILE);
    if with_key && key.exists() {
        tar.append_path_with_name(&key, KEY_FILE)?;
    }
    if db.blobs().folder().exists() {
        tar.append_dir_all("blobs", db.blobs().folder())?;
    }
    tar.into_inner()?.sync_all()?;
    fs::rename(&draft, to).with_context(|| format!("{} could not be written", to.display()))?;
    db.close().await;
    Ok(())
}

/// Brings a backup back into an empty folder (or an empty PostgreSQL database), checks every photo against its name.
pub async fn restore(config: &DbConfig, from: &Path) -> anyhow::Result<()> {
    let used = config.folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    ensure!(!used, "{} is not empty; restore only into an empty folder", config.folder.display());
    let file = fs::File::open(from).with_context(|| format!("{} cannot be read", from.display()))?;
    let parent = config.folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    // Unpacked beside and moved at the end: a broken backup leaves nothing behind.
    let draft = tempfile::Builder::new().prefix("linli-restore").tempdir_in(parent)?;
    tar::Archive::new(file).unpack(draft.path()).with_context(|| format!("{} is not a backup of Linli", from.display()))?;
    let (sqlite, postgres) = (draft.path().join(SQLITE_ENTRY), draft.path().join(POSTGRES_ENTRY));
    match (sqlite.exists(), postgres.exists(), &config.url) {
        (true, false, None) => {}
        (false, true, Some(url)) => {
            restore_postgres(url, &postgres)?;
            fs::remove_file(&postgres)?;
        }
        (true, _, Some(_)) => bail!("this is a backup of a SQLite installation; restore it without --database-url"),
        (_, true, None) => bail!("this is a backup of a PostgreSQL installation; name an empty database with --database-url"),
        _ => bail!("{} is not a backup of Linli: there is no database in it", from.display()),
    }
    let checked = check_blobs(&draft.path().join("blobs"))?;
    if config.folder.exists() {
        fs::remove_dir(&config.folder)?;
    }
    fs::rename(draft.keep(), &config.folder)?;
    let db = Db::open(config).await.context("the restored database does not open")?;
    db.close().await;
    writeln!(std::io::stdout(), "restored into {}; {checked} photos checked", config.folder.display())?;
    Ok(())
}

fn check_blobs(folder: &Path) -> anyhow::Result<usize> {
    let mut checked = 0;
    if !folder.exists() {
        return Ok(0);
    }
    for shelf in fs::read_dir(folder)? {
        let shelf = shelf?;
        for file in fs::read_dir(shelf.path())? {
            let file = file?.path();
            let name: PathBuf = [shelf.file_name(), file.file_name().unwrap_or_default().to_owned()].iter().collect();
            let name = name.to_string_lossy().replace('/', "");
            if name.contains("draft-") {
                fs::remove_file(&file)?;
                continue;
            }
            let hash: BlobHash = name.parse().map_err(|_| anyhow::anyhow!("{} is not the name of a photo", file.display()))?;
            ensure!(BlobHash::of(&fs::read(&file)?) == hash, "the photo {name} is damaged in this backup");
            checked += 1;
        }
    }
    Ok(checked)
}

#[cfg(unix)]
fn private_file(path: &Path) -> anyhow::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    Ok(fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> anyhow::Result<fs::File> {
    Ok(fs::OpenOptions::new().write(true).create_new(true).open(path)?)
}

fn dump_postgres(url: &str, to: &Path) -> anyhow::Result<()> {
    let status = Command::new("pg_dump").arg("--format=custom").arg("--file").arg(to).arg(url).status();
    ensure!(status.context("pg_dump is needed to back up PostgreSQL; install postgresql-client")?.success(), "pg_dump failed");
    Ok(())
}

fn restore_postgres(url: &str, from: &Path) -> anyhow::Result<()> {
    let status = Command::new("pg_restore").args(["--no-owner", "--exit-on-error", "--dbname"]).arg(url).arg(from).status();
    ensure!(status.context("pg_restore is needed; install postgresql-client")?.success(), "pg_restore failed");
    Ok(())
}
