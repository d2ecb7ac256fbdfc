//! Accounts, from the machine itself.

use std::io::Write as _;

use anyhow::Context as _;
use linli_access::Ctx;
use linli_db::Db;
use linli_identity::commands::{disable_account, make_password_link, make_setup_link};
use linli_identity::model::DoorRules;
use linli_identity::queries;
use linli_kernel::DistrictId;

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
        User::List => {
            let mut read = db.read().await?;
            let mut after = String::new();
            loop {
                let accounts = queries::accounts(&ctx, &mut read.conn(), &after, 500).await?;
                let Some(last) = accounts.last() else { break };
                after.clone_from(&last.login);
                for account in accounts {
                    let state = if account.disabled_at.is_some() { "closed" } else { "open" };
                    writeln!(out, "{}\t{}\t{}", account.login, account.created_at.rfc3339(), state)?;
                }
            }
        }
        User::Disable { login } => {
            let id = queries::account_by_login(&ctx, &mut db.read().await?.conn(), login).await?;
            let mut tx = db.begin(DistrictId::CITY).await?;
            disable_account(&ctx, &mut tx, id.with_context(|| format!("no account {login}"))?).await?;
            tx.commit().await?;
            writeln!(out, "{login} is closed")?;
        }
        User::ResetLink { login } => {
            let id = queries::account_by_login(&ctx, &mut db.read().await?.conn(), login).await?;
            let mut tx = db.begin(DistrictId::CITY).await?;
            let token = make_password_link(&ctx, &mut tx, id.with_context(|| format!("no account {login}"))?, &rules).await?;
            tx.commit().await?;
            writeln!(out, "/activate/{}", token.0)?;
        }
    }
    db.close().await;
    Ok(())
}
