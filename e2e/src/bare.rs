//! A window whose pages may run no script. The driver looks at pages through scripts of its own and would wait for ever, so this
//! one is driven through the browser's tools alone: nodes, keys, the mouse.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::window::{LOOK, PATIENCE, Window};

/// The same window, driven without scripts.
pub struct Bare<'w>(&'w Window);

impl<'w> Bare<'w> {
    /// Of a window that was opened without scripts.
    #[must_use]
    pub const fn of(window: &'w Window) -> Self {
        Self(window)
    }

    /// Goes to a path.
    ///
    /// # Errors
    /// The browser refuses.
    pub async fn go(&self, path: &str) -> anyhow::Result<()> {
        self.0.cdp("Page.navigate", json!({"url": format!("{}{path}", self.0.base())})).await.map(drop)
    }

    /// The page as it stands now.
    ///
    /// # Errors
    /// It is just changing.
    pub async fn html(&self) -> anyhow::Result<String> {
        let node = self.root().await?;
        let html = self.0.cdp("DOM.getOuterHTML", json!({ "nodeId": node })).await?;
        Ok(html.get("outerHTML").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    async fn root(&self) -> anyhow::Result<Value> {
        let document = self.0.cdp("DOM.getDocument", json!({"depth": 0})).await?;
        document.pointer("/root/nodeId").cloned().context("no document")
    }

    /// Waits until the page holds these words.
    ///
    /// # Errors
    /// It never does.
    pub async fn see(&self, words: &str) -> anyhow::Result<String> {
        let begun = Instant::now();
        loop {
            let html = self.html().await.unwrap_or_default();
            if html.contains(words) {
                return Ok(html);
            }
            ensure!(begun.elapsed() < PATIENCE, "“{words}” never came; there was {html}");
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn node(&self, css: &str) -> anyhow::Result<Value> {
        let begun = Instant::now();
        loop {
            if let Ok(root) = self.root().await
                && let Ok(found) = self.0.cdp("DOM.querySelector", json!({"nodeId": root, "selector": css})).await
                && let Some(node) = found.get("nodeId").filter(|node| node.as_u64().is_some_and(|id| id > 0))
            {
                return Ok(node.clone());
            }
            ensure!(begun.elapsed() < PATIENCE, "nothing matches {css}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Clicks in the middle of it.
    ///
    /// # Errors
    /// It is not there.
    pub async fn tap(&self, css: &str) -> anyhow::Result<()> {
        let node = self.node(css).await?;
        self.0.cdp("DOM.scrollIntoViewIfNeeded", json!({ "nodeId": node })).await?;
        let quads = self.0.cdp("DOM.getContentQuads", json!({ "nodeId": node })).await?;
        let corner = |n: usize| quads.pointer(&format!("/quads/0/{n}")).and_then(Value::as_f64).context("it is not shown");
        let (x, y) = ((corner(0)? + corner(4)?) / 2.0, (corner(1)? + corner(5)?) / 2.0);
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1});
            self.0.cdp("Input.dispatchMouseEvent", event).await?;
        }
        Ok(())
    }

    /// Types into a field.
    ///
    /// # Errors
    /// It is not there.
    pub async fn write(&self, css: &str, words: &str) -> anyhow::Result<()> {
        let node = self.node(css).await?;
        self.0.cdp("DOM.focus", json!({ "nodeId": node })).await?;
        self.0.cdp("Input.insertText", json!({ "text": words })).await.map(drop)
    }

    /// Gives a file to a file field.
    ///
    /// # Errors
    /// There is no such field.
    pub async fn give_file(&self, css: &str, file: &Path) -> anyhow::Result<()> {
        let node = self.node(css).await?;
        self.0.cdp("DOM.setFileInputFiles", json!({"nodeId": node, "files": [file]})).await.map(drop)
    }
}
