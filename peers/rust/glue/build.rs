//! Asks the C compiler where groupbench_backend.h puts what src/abi.rs mirrors.
use std::{env, fs, path::Path, process::Command};

fn main() {
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let include = "../../../bench/include";
    let program = Path::new(&out).join("layout");
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".into());

    println!("cargo:rerun-if-changed=layout.c");
    println!("cargo:rerun-if-changed={include}/groupbench_backend.h");
    println!("cargo:rerun-if-env-changed=CC");
    let compiled = Command::new(&compiler)
        .args(["-std=c11", "-I", include, "-o"])
        .arg(&program)
        .arg("layout.c")
        .status()
        .unwrap_or_else(|e| panic!("{compiler}: {e}"));
    assert!(compiled.success(), "{compiler} does not compile layout.c");
    let said = Command::new(&program).output().expect("layout runs");
    assert!(said.status.success(), "layout failed");
    fs::write(Path::new(&out).join("layout.rs"), said.stdout).expect("OUT_DIR is writable");
}
