//! A place of its own for each test that writes files, gone with it.

use std::fs;
use std::path::{Path, PathBuf};

/// See the top of this file.
pub struct Place(PathBuf);

impl Place {
    /// An empty one; no two tests share a `name`.
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("schism-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
