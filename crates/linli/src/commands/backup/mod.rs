//! One file that holds everything: database, photos, key. And back again.
//!
//! What always holds here: a backup that is there is whole (its last entry says what must be in it), and a restore that did not
//! come to its end cannot be served.

mod postgres;

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use linli_db::{BlobHash, Db, DbConfig, Engine};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The database inside the backup of a SQLite installation.
const SQLITE_ENTRY: &str = "linli.db";
/// The database inside the backup of a PostgreSQL installation, in `pg_dump` custom format.
const POSTGRES_ENTRY: &str = "linli.pgdump";
/// The last entry of a backup: what must be in it. A file without it was torn off.
const MANIFEST: &str = "manifest.json";
/// The folder of photos.
const BLOBS: &str = "blobs";
/// Stands in a folder while something is restored into it.
const UNFINISHED: &str = "restore-unfinished";
/// The key outside the database, without which sealed phones and ID numbers cannot be read.
pub const KEY_FILE: &str = "linli.key";

/// What a backup must hold.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    /// 1.
    format: u32,
    /// The entry of the database.
    database: String,
    /// SHA-256 of that entry, hexadecimal.
    database_sha256: String,
    /// SHA-256 of the key, hexadecimal; none in a backup without it.
    key_sha256: Option<String>,
    /// Photos, each named by its own hash.
    photos: u64,
}

/// Refuses a folder in which a restore did not come to its end.
///
/// # Errors
/// When it did not.
pub fn finished(folder: &Path) -> anyhow::Result<()> {
    ensure!(
        !folder.join(UNFINISHED).exists(),
        "a restore into {} did not come to its end; empty the folder (and the database, with PostgreSQL) and restore again",
        folder.display()
    );
    Ok(())
}

/// Refuses to make an installation where somebody meant one that exists.
///
/// # Errors
/// When there is none.
pub fn exists(config: &DbConfig) -> anyhow::Result<()> {
    let there = config.url.is_some() || config.sqlite_file().exists();
    ensure!(there, "there is no installation in {}; say where with --data", config.folder.display());
    Ok(())
}

/// Writes a backup file. The database is copied first and the photos after it, so that every photo the copy names is there.
///
/// # Errors
/// When the file is there already, the store does not open, the disk is full, or `pg_dump` is missing or refuses.
pub async fn backup(config: &DbConfig, to: &Path, with_key: bool) -> anyhow::Result<()> {
    ensure!(!to.exists(), "{} exists; a backup never overwrites another", to.display());
    exists(config)?;
    let db = Db::open(config).await?;
    let beside = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = tempfile::Builder::new()
        .prefix("linli-backup")
        .tempdir_in(beside)
        .with_context(|| format!("nothing can be written in {}", beside.display()))?;
    let (entry, copy) = match db.engine() {
        Engine::Sqlite => {
            let copy = folder.path().join(SQLITE_ENTRY);
            db.copy_sqlite_to(&copy).await.context("the database could not be copied")?;
            (SQLITE_ENTRY, copy)
        }
        Engine::Postgres => {
            let copy = folder.path().join(POSTGRES_ENTRY);
            postgres::dump(config.url.as_deref().unwrap_or_default(), &copy)?;
            (POSTGRES_ENTRY, copy)
        }
    };
    let draft = folder.path().join("draft.tar");
    let mut tar = tar::Builder::new(private_file(&draft)?);
    tar.append_path_with_name(&copy, entry).context("the database could not be copied into the backup")?;
    let key = Some(config.folder.join(KEY_FILE)).filter(|key| with_key && key.exists());
    if let Some(key) = &key {
        tar.append_path_with_name(key, KEY_FILE)?;
    }
    let photos = append_photos(&mut tar, db.blobs().folder())?;
    let manifest = Manifest {
        format: 1,
        database: entry.to_owned(),
        database_sha256: hash_of(&copy)?,
        key_sha256: key.map(|key| hash_of(&key)).transpose()?,
        photos,
    };
    let text = serde_json::to_vec_pretty(&manifest)?;
    let mut header = tar::Header::new_gnu();
    header.set_size(u64::try_from(text.len())?);
    header.set_mode(0o600);
    tar.append_data(&mut header, MANIFEST, text.as_slice())?;
    tar.into_inner()?.sync_all()?;
    fs::rename(&draft, to).with_context(|| format!("{} could not be written", to.display()))?;
    sync_folder(beside)?;
    db.close().await;
    Ok(())
}

/// Photos come to their place by renaming, so whatever has its final name is whole, also while the program writes others.
fn append_photos(tar: &mut tar::Builder<fs::File>, folder: &Path) -> anyhow::Result<u64> {
    let mut photos = 0;
    for (file, name) in photos_in(folder)? {
        if name.starts_with("draft-") {
            continue;
        }
        let shelf = file.parent().and_then(Path::file_name).unwrap_or_default();
        let entry: PathBuf = [BLOBS.as_ref(), shelf, name.as_ref()].iter().collect();
        tar.append_path_with_name(&file, &entry).with_context(|| format!("the photo {}", file.display()))?;
        photos += 1;
    }
    Ok(photos)
}

/// Every file two levels down, with its name.
fn photos_in(folder: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    if !folder.exists() {
        return Ok(found);
    }
    for shelf in fs::read_dir(folder)? {
        for file in fs::read_dir(shelf?.path())? {
            let file = file?;
            found.push((file.path(), file.file_name().to_string_lossy().into_owned()));
        }
    }
    found.sort();
    Ok(found)
}

/// Brings a backup back into an empty folder (or an empty PostgreSQL database). Everything is compared with what the backup says
/// of itself before the database is touched.
///
/// # Errors
/// When the folder or the database is in use, the file is torn, a part of it was changed, or it is for the other engine. What
/// had been unpacked is removed again.
pub async fn restore(config: &DbConfig, from: &Path) -> anyhow::Result<()> {
    let folder = &config.folder;
    finished(folder)?;
    let used = folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    ensure!(!used, "{} is not empty; restore only into an empty folder", folder.display());
    let file = fs::File::open(from).with_context(|| format!("{} cannot be read", from.display()))?;
    if let Some(url) = &config.url {
        postgres::must_be_empty(url).await?;
    }
    let made = !folder.exists();
    private_folder(folder)?;
    fs::write(folder.join(UNFINISHED), "")?;
    sync_folder(folder)?;
    match bring_back(config, from, file).await {
        Ok(manifest) => {
            sync_all(folder)?;
            fs::remove_file(folder.join(UNFINISHED))?;
            sync_folder(folder)?;
            say(folder, &manifest)
        }
        Err(error) => {
            clear(folder, made).with_context(|| format!("{} could not be emptied again", folder.display()))?;
            Err(error)
        }
    }
}

fn say(folder: &Path, manifest: &Manifest) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "restored into {}; {} photos checked", folder.display(), manifest.photos)?;
    if manifest.key_sha256.is_none() {
        writeln!(
            out,
            "this backup holds no key: put {KEY_FILE} into {} before serving, or the phones sealed with it cannot be read",
            folder.display()
        )?;
    }
    Ok(())
}

async fn bring_back(config: &DbConfig, from: &Path, file: fs::File) -> anyhow::Result<Manifest> {
    let folder = &config.folder;
    let torn = || format!("{} is torn or is not a backup of Linli", from.display());
    let mut archive = tar::Archive::new(file);
    archive.set_overwrite(false);
    archive.unpack(folder).with_context(torn)?;
    let said = folder.join(MANIFEST);
    ensure!(said.exists(), torn());
    let manifest: Manifest = serde_json::from_slice(&fs::read(&said)?).with_context(torn)?;
    ensure!(manifest.format == 1, "{} was written by a newer program (format {})", from.display(), manifest.format);
    fs::remove_file(said)?;
    match (manifest.database.as_str(), &config.url) {
        (SQLITE_ENTRY, None) | (POSTGRES_ENTRY, Some(_)) => {}
        (SQLITE_ENTRY, Some(_)) => bail!("this is a backup of a SQLite installation; restore it without --database-url"),
        (POSTGRES_ENTRY, None) => {
            bail!("this is a backup of a PostgreSQL installation; name an empty database with --database-url")
        }
        (other, _) => bail!("{} holds a database of a kind that is not known here: {other}", from.display()),
    }
    let database = folder.join(&manifest.database);
    ensure!(hash_of(&database).with_context(torn)? == manifest.database_sha256, "the database in {} was changed", from.display());
    let key = folder.join(KEY_FILE);
    let key = key.exists().then(|| hash_of(&key)).transpose()?;
    ensure!(key == manifest.key_sha256, "the key in {} was changed", from.display());
    let photos = check_photos(&folder.join(BLOBS))?;
    ensure!(photos == manifest.photos, "{} photos are in {}, {} should be", photos, from.display(), manifest.photos);
    if let Some(url) = &config.url {
        postgres::restore(url, &database)?;
        fs::remove_file(&database)?;
    }
    let db = Db::open(config).await.context("the restored database does not open")?;
    db.close().await;
    Ok(manifest)
}

/// Every photo is what its name says.
fn check_photos(folder: &Path) -> anyhow::Result<u64> {
    let mut checked = 0;
    for (file, rest) in photos_in(folder)? {
        let shelf = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let name = format!("{shelf}{rest}");
        let hash: BlobHash = name.parse().map_err(|_| anyhow::anyhow!("{name} is not the name of a photo"))?;
        ensure!(BlobHash::of(&fs::read(&file)?) == hash, "the photo {name} is damaged in this backup");
        checked += 1;
    }
    Ok(checked)
}

/// Removes what a failed restore unpacked; the folder was empty before.
fn clear(folder: &Path, with_folder: bool) -> std::io::Result<()> {
    // The mark goes last: whoever looks in between is still told.
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() == UNFINISHED {
            continue;
        }
        if entry.file_type()?.is_dir() { fs::remove_dir_all(entry.path())? } else { fs::remove_file(entry.path())? }
    }
    fs::remove_file(folder.join(UNFINISHED))?;
    if with_folder { fs::remove_dir(folder) } else { Ok(()) }
}

/// SHA-256 of a file, hexadecimal.
fn hash_of(path: &Path) -> anyhow::Result<String> {
    let mut file = fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
    }
}

/// A folder for its owner only; one that is there already stays as its owner made it.
fn private_folder(path: &Path) -> std::io::Result<()> {
    let mut maker = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
    maker.recursive(true).create(path)
}

/// A new file for its owner only.
#[cfg(unix)]
pub(super) fn private_file(path: &Path) -> anyhow::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    Ok(fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?)
}

#[cfg(not(unix))]
pub(super) fn private_file(path: &Path) -> anyhow::Result<fs::File> {
    Ok(fs::OpenOptions::new().write(true).create_new(true).open(path)?)
}

/// The entries of a folder are on disk.
fn sync_folder(folder: &Path) -> anyhow::Result<()> {
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Everything that was unpacked is on disk before the mark goes.
fn sync_all(folder: &Path) -> anyhow::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::fs::syncfs(fs::File::open(folder)?)?;
    #[cfg(not(target_os = "linux"))]
    sync_folder(folder)?;
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// What people wrote lies in both: on a machine that others use they are for their owner only.
    #[test]
    fn what_is_brought_back_and_what_goes_out_is_for_its_owner_only() {
        let there = tempfile::tempdir().unwrap();
        let (folder, file) = (there.path().join("a/data"), there.path().join("cases.csv"));
        private_folder(&folder).unwrap();
        drop(private_file(&file).unwrap());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
    }
}
