// Makes or removes the folder of one volume, as a helper of local-path-provisioner.
//
// The provisioner's own helper is a shell script, for which a cluster without a registry has no image. It calls
// us with "-a create" or "-a delete" and the folder in VOL_DIR (its documented setupCommand and teardownCommand).
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	action := flag.String("a", "", "create or delete")
	flag.String("p", "", "the folder; VOL_DIR says the same")
	flag.String("s", "", "the size in bytes; a folder has no quota")
	flag.String("m", "", "Filesystem; Block is refused by the provisioner")
	flag.Parse()
	if err := act(*action, os.Getenv("VOL_DIR")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func act(action, folder string) error {
	switch action {
	case "create":
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		return os.Chmod(folder, 0o777) // pods run as any user; MkdirAll obeys the umask
	case "delete":
		return os.RemoveAll(folder)
	}
	return fmt.Errorf("unknown action %q", action)
}
