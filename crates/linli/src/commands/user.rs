//! Accounts, from the machine itself.

use std::io::Write as _;

use anyhow::{Context as _, ensure};
use linli_access::Ctx;
use linli_db::Db;
use linli_identity::commands::{create_account, disable_account, enable_account, make_password_link, make_setup_link};
use linli_identity::model::{AccountFilter, AccountId, AccountLine, DoorRules};
use linli_identity::{IdentityError, queries};
use linli_kernel::DistrictId;

use super::files::open_or_find;
use crate::Machine;
use crate::cli::User;

/// Carries an account command out.
pub async fn run(machine: &Machine, action: &User) -> anyhow::Result<()> {
    let db = Db::open(&machine.config).await?;
    let ctx = Ctx::system("user", machine.clock.clone(), machine.rng.clone());
    let rules = DoorRules::default();
    let mut out = std::io::stdout();
    match action {
        User::SetupLink => {
            let mut tx = db.begin(DistrictId::CITY).await?;
            let token = make_setup_link(&ctx, &mut tx, &rules).await?;
            tx.commit().await?;
            match token {
                Some(token) => writeln!(out, "/setup/{}", token.0)?,
                None => writeln!(out, "there is an administrator already; use `linli user reset-link LOGIN`")?,
            }
        }
        User::List => list(&ctx, &db).await?,
        User::Add { login, person, district } => {
            if let Some(code) = district {
                let served = linli_territory::queries::district_by_division(&mut db.read().await?.conn(), code).await?;
                ensure!(served.is_some(), "the district {code} is not served here");
            }
            let district = open_or_find(&ctx, &db, district.as_deref()).await?;
            let found = linli_people::queries::person_by_code(&mut db.read().await?.conn(), district, person).await?;
            let found = found.with_context(|| format!("nobody with the code {person} is on record in this district"))?;
            let mut tx = db.begin(DistrictId::CITY).await?;
            let account = create_account(&ctx, &mut tx, district, found.id, login).await.map_err(|error| match error {
                IdentityError::BadLogin => {
                    anyhow::anyhow!("the login {login} is taken or cannot be one: 3 to 60 letters, digits, `.`, `-`, `_`, `@`")
                }
                other => other.into(),
            })?;
            let token = make_password_link(&ctx, &mut tx, account, &rules).await?;
            tx.commit().await?;
            writeln!(out, "/activate/{}", token.0)?;
        }
        User::Disable { login } => {
            let id = known(&ctx, &db, login).await?;
            let mut tx = db.begin(DistrictId::CITY).await?;
            disable_account(&ctx, &mut tx, id).await?;
            tx.commit().await?;
            writeln!(out, "{login} is closed")?;
        }
        User::Enable { login } => {
            let id = known(&ctx, &db, login).await?;
            let mut tx = db.begin(DistrictId::CITY).await?;
            enable_account(&ctx, &mut tx, id).await?;
            tx.commit().await?;
            writeln!(out, "{login} is open")?;
        }
        User::ResetLink { login } => {
            let id = known(&ctx, &db, login).await?;
            let closed = !open(&ctx, &db, login).await?;
            ensure!(!closed, "{login} is closed; open it first with `linli user enable {login}`");
            let mut tx = db.begin(DistrictId::CITY).await?;
            let token = make_password_link(&ctx, &mut tx, id, &rules).await?;
            tx.commit().await?;
            writeln!(out, "/activate/{}", token.0)?;
        }
    }
    db.close().await;
    Ok(())
}

async fn known(ctx: &Ctx, db: &Db, login: &str) -> anyhow::Result<AccountId> {
    let id = queries::account_by_login(ctx, &mut db.read().await?.conn(), login).await?;
    id.with_context(|| format!("no account {login}"))
}

async fn open(ctx: &Ctx, db: &Db, login: &str) -> anyhow::Result<bool> {
    let account = queries::account_named(ctx, &mut db.read().await?.conn(), login).await?;
    Ok(account.is_some_and(|account| account.disabled_at.is_none()))
}

async fn list(ctx: &Ctx, db: &Db) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let mut read = db.read().await?;
    let mut after = String::new();
    loop {
        let accounts = queries::accounts(ctx, &mut read.conn(), &AccountFilter::default(), &after, 500).await?;
        let Some(last) = accounts.last() else { return Ok(()) };
        after.clone_from(&last.account.login);
        for AccountLine { account, person_code, .. } in accounts {
            let code = person_code.unwrap_or_default();
            let state = if account.disabled_at.is_some() { "closed" } else { "open" };
            writeln!(out, "{}\t{code}\t{}\t{state}", account.login, account.created_at.rfc3339())?;
        }
    }
}
