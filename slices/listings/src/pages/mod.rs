//! The pages of listings: the merchant's portal and the console. Written in the files of this folder.
//!
//! Handlers parse, call one public function of the slice, and render; the permission is asked inside that function.
