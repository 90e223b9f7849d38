//! Which errors of libraries are refusals of an input, and which are faults of their own that end
//! the run: by the words in them.
use crate::abi::{Status, FAILED, OK, REJECTED};
use crate::table::status_of;
use crate::{failing, refuse, rejecting, Refusable, FAULTS};

/// Errors as libraries nest them: what they are of, and where.
#[derive(Debug)]
#[allow(dead_code)]
enum Library {
    LibraryError(Internal),
    StorageError(&'static str),
    ValidationError(Validation),
    InvalidSignature,
    GroupStorageError(Box<Library>),
}

#[derive(Debug)]
#[allow(dead_code)]
struct Internal {
    internal: &'static str,
}

#[derive(Debug)]
#[allow(dead_code)]
enum Validation {
    WrongEpoch { epoch: u64 },
    LibraryError,
}

fn call(error: Library) -> Refusable {
    Err(error)?;
    Ok(())
}

/// The status of a call in which the library said this, and its sentence.
fn of(result: Refusable) -> (Status, String) {
    result.map_err(rejecting("process")).map_or_else(status_of, |()| (OK, String::new()))
}

#[test]
fn what_a_library_says_of_an_input_is_a_refusal() {
    assert_eq!(of(call(Library::InvalidSignature)), (REJECTED, "process: InvalidSignature".into()));
    assert_eq!(
        of(call(Library::ValidationError(Validation::WrongEpoch { epoch: 7 }))),
        (REJECTED, "process: ValidationError(WrongEpoch { epoch: 7 })".into())
    );
    assert_eq!(of(refuse("no such leaf")), (REJECTED, "process: no such leaf".into()));
    assert_eq!(of(Ok(())).0, OK);
}

#[test]
fn what_a_library_calls_its_own_fault_is_a_failure() {
    assert_eq!(
        of(call(Library::LibraryError(Internal { internal: "tree without a root" }))),
        (FAILED, "process: LibraryError(Internal { internal: \"tree without a root\" })".into())
    );
    assert_eq!(of(call(Library::StorageError("full"))).0, FAILED);
}

/// However deep in the others it is: a validation that could not be made is none.
#[test]
fn a_fault_within_another_error_is_a_failure() {
    assert_eq!(of(call(Library::ValidationError(Validation::LibraryError))).0, FAILED);
    let inner = Box::new(Library::InvalidSignature);
    assert_eq!(of(call(Library::GroupStorageError(inner))).0, FAILED);
}

#[test]
fn each_fault_is_one_as_a_word_and_no_part_of_a_word_is() {
    for fault in FAULTS {
        for text in [fault.to_string(), format!("A({fault}(\"x\"))"), format!("{fault}: x")] {
            assert_eq!(of(refuse(&text)), (FAILED, format!("process: {text}")));
        }
        for text in [format!("No{fault}"), format!("{fault}s"), fault.to_lowercase()] {
            assert_eq!(of(refuse(&text)), (REJECTED, format!("process: {text}")));
        }
    }
}

#[test]
fn what_must_succeed_fails_whatever_is_said() {
    let failed = call(Library::InvalidSignature).map_err(failing("shape"));
    assert_eq!(status_of(failed.unwrap_err()), (FAILED, "shape: InvalidSignature".into()));
}
