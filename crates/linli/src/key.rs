//! The key outside the database, with which phones are sealed and tokens are hashed.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use linli_db::{Db, settings};
use linli_identity::vault::{CHECK_SETTING, Vault};
use linli_kernel::{DistrictId, SharedRng};

use crate::Machine;
use crate::commands::backup::KEY_FILE;

/// The key of this store. The first start makes one and notes which it is; from then on a missing or another key file is refused,
/// unless the administrator says that the old one is lost.
///
/// # Errors
/// When the key file is missing or another one, and store errors.
pub async fn key_for(machine: &Machine, db: &Db, lost: bool) -> anyhow::Result<[u8; 32]> {
    let folder = &machine.config.folder;
    let known = settings::get(&mut db.read().await?.conn(), CHECK_SETTING).await?;
    if let Some(known) = known.filter(|_| !lost || folder.join(KEY_FILE).exists()) {
        if let Some(trouble) = trouble_with_key(folder, &known, machine)? {
            bail!("{trouble}");
        }
        return key_of(folder, &machine.rng);
    }
    let key = key_of(folder, &machine.rng)?;
    let value = Vault::new(&key, Arc::clone(&machine.rng)).check_value();
    let mut tx = db.begin(DistrictId::CITY).await?;
    settings::set(&mut tx.conn()?, CHECK_SETTING, &value, machine.clock.now()).await?;
    tx.commit().await?;
    Ok(key)
}

/// What is wrong with the key file, in words; nothing when it fits or none was ever needed.
///
/// # Errors
/// When it cannot be read, and store errors.
pub async fn key_trouble(machine: &Machine, db: &Db) -> anyhow::Result<Option<String>> {
    match settings::get(&mut db.read().await?.conn(), CHECK_SETTING).await? {
        Some(known) => trouble_with_key(&machine.config.folder, &known, machine),
        None => Ok(None),
    }
}

fn trouble_with_key(folder: &Path, known: &str, machine: &Machine) -> anyhow::Result<Option<String>> {
    let path = folder.join(KEY_FILE);
    if !path.exists() {
        return Ok(Some(format!(
            "{} is missing: bring it back from where it is kept. If it is lost for good, `linli serve --new-key` goes on without what \
             was sealed with it",
            path.display()
        )));
    }
    let vault = Vault::new(&key_of(folder, &machine.rng)?, Arc::clone(&machine.rng));
    let fits = vault.check_value() == known;
    Ok((!fits).then(|| format!("{} is not the key of this store: sealed contacts could not be read", path.display())))
}

/// The key outside the database: 32 bytes in a file that only its owner reads, made at the first start.
///
/// # Errors
/// When it cannot be read or made, or is no key.
pub fn key_of(folder: &Path, rng: &SharedRng) -> anyhow::Result<[u8; 32]> {
    let path = folder.join(KEY_FILE);
    if path.exists() {
        let bytes = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        return bytes.try_into().map_err(|_| anyhow::anyhow!("{} is not a key: it must have 32 bytes", path.display()));
    }
    std::fs::create_dir_all(folder)?;
    let mut key = [0_u8; 32];
    rng.fill(&mut key);
    let draft = folder.join("linli.key.draft");
    write_private(&draft, &key)?;
    std::fs::rename(&draft, &path)?;
    Ok(key)
}

#[cfg(unix)]
fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}

#[cfg(not(unix))]
fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    Ok(std::fs::write(path, bytes)?)
}
