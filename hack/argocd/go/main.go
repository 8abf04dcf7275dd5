// The parts of Argo CD that the GitOps tests need, as one program: repository server, application controller, and
// the `argocd admin` commands (which evaluate health checks without a cluster).
//
// Each is Argo CD's own command, unchanged, so flags and messages are those that Argo CD documents; its web server and
// notifications are left out because Applications are handled with kubectl here.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"k8s.io/klog/v2"

	controller "github.com/argoproj/argo-cd/v3/cmd/argocd-application-controller/commands"
	reposerver "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
	"github.com/argoproj/argo-cd/v3/cmd/argocd/commands/admin"
	argocd "github.com/argoproj/argo-cd/v3/pkg/apiclient"
	"github.com/argoproj/argo-cd/v3/util/log"
)

func main() {
	klog.SetLogger(log.NewLogrusLogger(log.NewWithCurrentConfig()))
	command := commandNamed(program())
	if command == nil {
		fmt.Fprintln(os.Stderr, "usage: argocd {application-controller|repo-server|admin} [FLAGS]")
		os.Exit(2)
	}
	if err := command.Execute(); err != nil {
		os.Exit(1) // The command has said why.
	}
}

// program takes the first argument away and returns it.
func program() string {
	if len(os.Args) < 2 {
		return ""
	}
	name := os.Args[1]
	os.Args = append(os.Args[:1], os.Args[2:]...)
	return name
}

func commandNamed(name string) *cobra.Command {
	switch name {
	case "application-controller":
		return controller.NewCommand()
	case "repo-server":
		return reposerver.NewCommand()
	case "admin":
		return admin.NewAdminCommand(&argocd.ClientOptions{})
	default:
		return nil
	}
}
