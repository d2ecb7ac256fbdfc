//! The check of any Open311 server.

use std::io::Write as _;
use std::time::Duration;

use linli_open311::check::{Client, Line, Options, Reach, Verdict, believed_here};

use crate::cli::Open311Check;

/// Checks a server and prints a line a check. False when one was wrong.
pub async fn check(how: &Open311Check) -> anyhow::Result<bool> {
    let believed = how.ca.clone().or_else(believed_here);
    let client = Client::new(&how.url, believed.as_deref(), Duration::from_secs(how.timeout))?;
    let client = client.within(Reach::Anywhere, "linli-open311-check");
    let options = Options { api_key: how.api_key.clone(), jurisdiction: how.jurisdiction.clone(), write: how.write };
    let (mut right, mut left) = (0, 0);
    let mut tell = |line: Line| {
        right += usize::from(line.verdict == Verdict::Right);
        left += usize::from(line.verdict == Verdict::Left);
        // Whoever closed the pipe does not want to know.
        let _ = writeln!(std::io::stdout(), "{line}");
    };
    let wrong = linli_open311::check::check(&client, &options, &mut tell).await;
    writeln!(std::io::stdout(), "{right} as the specification says, {wrong} not, {left} not asked")?;
    Ok(wrong == 0)
}
